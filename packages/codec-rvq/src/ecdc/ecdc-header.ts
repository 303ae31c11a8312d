import { ecdcError } from './ecdc-error.ts';
import { type EcdcModel, ecdcModels } from './ecdc-models.ts';

/** What an `.ecdc` file says before its codes. */
export interface EcdcHeader {
  readonly modelName: EcdcModel['name'];
  readonly sampleCount: number;
  readonly codebookCount: number;
  /** Whether codes are packed by arithmetic coding with the authors' language model: such files cannot be read here. */
  readonly usesLanguageModel: boolean;
  /** Where the codes start. */
  readonly sizeBytes: number;
}

const magic = 'ECDC';
/** `!4sBI`: magic, version, length of the JSON text. */
const fixedBytes = 9;
/** The authors' texts are below 100 bytes. */
const maximumJsonBytes = 65_536;

/**
 * Reads the header of an `.ecdc` file.
 * Source: facebookresearch/encodec, encodec/binary.py and encodec/compress.py.
 * @param path for messages
 * @throws SpeechTokensError `token-file-invalid`
 */
export function readEcdcHeader(bytes: Uint8Array, path = 'The .ecdc data'): EcdcHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 4));
  if (start !== magic) {
    throw ecdcError(path, {
      problem: 'This is no .ecdc file',
      found: JSON.stringify(start),
      wanted: `"${magic}" at its start`,
    });
  }
  if (bytes.length < fixedBytes) throw truncated(path, bytes.length, fixedBytes);
  const version = view.getUint8(4);
  if (version !== 0) {
    throw ecdcError(path, { problem: 'The version is not one that is known', found: String(version), wanted: '0' });
  }
  const jsonBytes = view.getUint32(5);
  if (jsonBytes > maximumJsonBytes) {
    const [found, wanted] = [`${jsonBytes} bytes`, `at most ${maximumJsonBytes} bytes`];
    throw ecdcError(path, { problem: 'The header is too long', found, wanted });
  }
  const sizeBytes = fixedBytes + jsonBytes;
  if (bytes.length < sizeBytes) throw truncated(path, bytes.length, sizeBytes);
  return { ...parseFields(bytes.subarray(fixedBytes, sizeBytes), path), sizeBytes };
}

/** The start of an `.ecdc` file, byte for byte as the authors' program writes it. */
export function buildEcdcHeader(header: Omit<EcdcHeader, 'sizeBytes'>): Uint8Array {
  const { modelName, sampleCount, codebookCount, usesLanguageModel } = header;
  const text = `{"m": "${modelName}", "al": ${sampleCount}, "nc": ${codebookCount}, "lm": ${usesLanguageModel}}`;
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(fixedBytes + json.length);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(5, json.length);
  bytes.set(json, fixedBytes);
  return bytes;
}

export function truncated(path: string, foundBytes: number, wantedBytes: number): Error {
  return ecdcError(path, {
    problem: 'The file ends too early',
    found: `${foundBytes} bytes`,
    wanted: `${wantedBytes} bytes`,
    remedy: 'Get the whole file again',
  });
}

function parseFields(json: Uint8Array, path: string): Omit<EcdcHeader, 'sizeBytes'> {
  const fields = parseJson(json, path);
  const fail = (name: string, wanted: string): never => {
    const found = JSON.stringify(fields[name])?.slice(0, 100) ?? 'nothing';
    throw ecdcError(path, { problem: `The header is wrong in "${name}"`, found, wanted });
  };
  const model = ecdcModels.find(({ name }) => name === fields['m']);
  if (model === undefined) return fail('m', ecdcModels.map(({ name }) => name).join(' or '));
  const integer = (name: string, minimum: number, maximum: number): number => {
    const value = fields[name];
    if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return value as number;
    return fail(name, `an integer from ${minimum} to ${maximum}`);
  };
  if (typeof fields['lm'] !== 'boolean') fail('lm', 'true or false');
  return {
    modelName: model.name,
    // A file of so many samples would take terabytes.
    sampleCount: integer('al', 0, 2 ** 48),
    codebookCount: integer('nc', 1, model.tokenSpace.codebooks.length),
    usesLanguageModel: fields['lm'] === true,
  };
}

function parseJson(bytes: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw ecdcError(path, { problem: 'The header is no JSON', found, wanted: 'a JSON object' });
  }
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw ecdcError(path, { problem: 'The header is no JSON object', found: String(value), wanted: 'a JSON object' });
}
