import type { ByteSource } from '../bytes/byte-source.ts';
import { readUnsignedIntegers, toLittleEndianBytes } from '../bytes/little-endian.ts';
import type { CallOptions } from '../contract/call-options.ts';
import { isSpeechTokensError } from '../errors/speech-tokens-error.ts';
import { buildSafetensorsHeader } from '../safetensors/build-safetensors-header.ts';
import { readSafetensorsHeader } from '../safetensors/read-safetensors-header.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { tokenSpaceFromJson, tokenSpaceToJson } from '../tokens/token-space-json.ts';
import { type BytePairMerges, checkMerges, maximumMerges } from './byte-pair-merges.ts';
import { mergesError } from './merges-error.ts';

const format = 'speech-tokens-byte-pairs';
const formatVersion = '1';
const maximumTokenSpaceLength = 4_000_000;

/** What a merges file holds. */
export interface MergesFile {
  readonly merges: BytePairMerges;
  /** The space of the units that they were learnt of, with the transforms that lead to it; absent where it is not known. */
  readonly tokenSpace?: TokenSpace;
  /** The program that wrote the file. */
  readonly generator?: string;
}

/**
 * The bytes of a merges file: a safetensors file with one tensor, `pairs`: U32 `[merges, 2]`, as in `BytePairMerges`. Its
 * metadata are `format`, `format_version`, `unit_count`, and what else is known.
 * @throws SpeechTokensError `merges-invalid`
 */
export function buildMergesFile({ merges, tokenSpace, generator = '@speech-tokens/core' }: MergesFile): Uint8Array {
  checkMerges(merges);
  const metadata = new Map([
    ['format', format],
    ['format_version', formatVersion],
    ['generator', generator],
    ['unit_count', String(merges.unitCount)],
  ]);
  if (tokenSpace !== undefined) metadata.set('token_space', JSON.stringify(tokenSpaceToJson(tokenSpace)));
  const layout = { name: 'pairs', dtype: 'U32', shape: [merges.pairs.length / 2, 2] } as const;
  const header = buildSafetensorsHeader([layout], metadata);
  const bytes = new Uint8Array(header.fileSizeBytes);
  bytes.set(header.bytes);
  bytes.set(toLittleEndianBytes(merges.pairs), header.bytes.byteLength);
  return bytes;
}

/** @throws SpeechTokensError `merges-invalid` */
export async function readMergesFile(
  source: ByteSource,
  options: Pick<CallOptions, 'signal'> = {},
): Promise<MergesFile> {
  const path = source.name;
  const header = await readSafetensorsHeader(source, { ...options, path, errorCode: 'merges-invalid' });
  const { metadata } = header;
  if (metadata.get('format') !== format) {
    const found = metadata.get('format')?.slice(0, 80) ?? 'no format';
    throw mergesError('The file is a safetensors file, but not one of merges', found, format, { path });
  }
  if (metadata.get('format_version') !== formatVersion) {
    const found = metadata.get('format_version')?.slice(0, 80) ?? 'none';
    const remedy = 'Upgrade @speech-tokens/core to read newer files';
    throw mergesError('The merges are of another version of the format', found, formatVersion, { path, remedy });
  }
  const tensor = header.tensors.get('pairs');
  const [rows, width] = tensor?.shape ?? [];
  const isPairs = tensor?.dtype === 'U32' && tensor.shape.length === 2 && width === 2;
  if (!isPairs || (rows as number) > maximumMerges) {
    const found = tensor === undefined ? 'no such tensor' : `${tensor.dtype} [${tensor.shape.join(', ')}]`;
    const wanted = `U32 [merges, 2], at most ${maximumMerges} of them`;
    throw mergesError('The tensor pairs does not hold merges', found, wanted, { path });
  }
  const bytes = await source.read(tensor.offsetBytes, tensor.sizeBytes, options);
  const merges = { unitCount: Number(metadata.get('unit_count')), pairs: readUnsignedIntegers(bytes, 4) };
  checkMerges(merges, path);
  const generator = metadata.get('generator');
  try {
    const tokenSpace = readTokenSpace(metadata.get('token_space'));
    return {
      merges,
      ...(tokenSpace === undefined ? {} : { tokenSpace }),
      ...(generator === undefined ? {} : { generator }),
    };
  } catch (cause) {
    if (!isSpeechTokensError(cause) && !(cause instanceof SyntaxError)) throw cause;
    throw mergesError('The merges file contradicts itself', cause.message, 'merges as they were written', {
      path,
      cause,
    });
  }
}

/** @throws SyntaxError, SpeechTokensError */
function readTokenSpace(text: string | undefined): TokenSpace | undefined {
  if (text === undefined) return undefined;
  if (text.length > maximumTokenSpaceLength) throw new SyntaxError(`a token space of ${text.length} characters`);
  return tokenSpaceFromJson(JSON.parse(text));
}
