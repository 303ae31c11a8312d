import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { maximumSafetensorsHeaderBytes, type SafetensorsHeader } from './read-safetensors-header.ts';
import { type SafetensorsDtype, tensorSizeBytes } from './safetensors-dtype.ts';

/** A tensor that is going to be written. */
export interface SafetensorsLayout {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
}

export interface BuiltSafetensorsHeader extends SafetensorsHeader {
  /** The start of the file; the data of the tensors follow it without gaps, in the order given. */
  readonly bytes: Uint8Array;
  /** Of the whole file. */
  readonly fileSizeBytes: number;
}

/**
 * Lays out a safetensors file: its first bytes, and where each tensor goes. The header is padded with blanks to a
 * multiple of 8 bytes, so tensors given in falling order of element size come out aligned.
 * @throws SpeechTokensError `argument-invalid` for two tensors of one name, the name `__metadata__`, text that is not
 * well-formed, shapes that are not whole bytes, and headers above 100 MB
 */
export function buildSafetensorsHeader(
  tensors: readonly SafetensorsLayout[],
  metadata: ReadonlyMap<string, string> = new Map(),
): BuiltSafetensorsHeader {
  // The keys are written by hand, not as an object: that would put names that look like numbers first.
  const members: string[] = [];
  if (metadata.size > 0) {
    const pairs = [...metadata].map(([key, value]) => `${quote(key)}:${quote(value)}`);
    members.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  const placed: { name: string; layout: SafetensorsLayout; startBytes: number; sizeBytes: number }[] = [];
  const names = new Set(['__metadata__']);
  let end = 0;
  for (const layout of tensors) {
    const { name, dtype, shape } = layout;
    if (names.has(name)) throw invalid('Two tensors cannot share a name', JSON.stringify(name), 'a name of its own');
    names.add(name);
    const sizeBytes = shape.every((length) => Number.isSafeInteger(length) && length >= 0)
      ? tensorSizeBytes(dtype, shape)
      : undefined;
    if (sizeBytes === undefined || !Number.isSafeInteger(end + sizeBytes)) {
      throw invalid(
        `The tensor ${JSON.stringify(name)} cannot be laid out`,
        `${dtype} [${shape.join(', ')}]`,
        'lengths of whole numbers that fill whole bytes',
      );
    }
    members.push(
      `${quote(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${end},${end + sizeBytes}]}`,
    );
    placed.push({ name, layout, startBytes: end, sizeBytes });
    end += sizeBytes;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const lengthBytes = Math.ceil(json.byteLength / 8) * 8;
  if (lengthBytes > maximumSafetensorsHeaderBytes) {
    throw invalid(
      'The header of the file would be too long',
      `${lengthBytes} bytes`,
      `at most ${maximumSafetensorsHeaderBytes}`,
    );
  }
  const headerSizeBytes = 8 + lengthBytes;
  const bytes = new Uint8Array(headerSizeBytes).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(lengthBytes), true);
  bytes.set(json, 8);
  return {
    bytes,
    headerSizeBytes,
    fileSizeBytes: headerSizeBytes + end,
    metadata: new Map(metadata),
    tensors: new Map(
      placed.map(({ name, layout: { dtype, shape }, startBytes, sizeBytes }) => [
        name,
        { dtype, shape: [...shape], offsetBytes: headerSizeBytes + startBytes, sizeBytes },
      ]),
    ),
  };
}

function quote(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    throw invalid('A name or metadata text is not well-formed', JSON.stringify(text), 'text without half surrogates');
  }
  return JSON.stringify(text);
}

function invalid(problem: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem,
    found,
    wanted,
    remedy: 'Give other names, shapes or metadata',
    details: { argument: 'tensors' },
  });
}
