import type { ByteSource } from '../bytes/byte-source.ts';
import type { CallOptions } from '../contract/call-options.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { HeaderSyntaxError, parseHeaderJson, type RawHeader, type RawTensorEntry } from './header-json.ts';
import { isSafetensorsDtype, type SafetensorsDtype, safetensorsDtypes, tensorSizeBytes } from './safetensors-dtype.ts';

/** One tensor of a file: row-major, little-endian, without gaps. */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDtype;
  /** Empty for a scalar; may hold zeros. */
  readonly shape: readonly number[];
  /** From the start of the file. Not aligned to anything. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of the header, which need not be that of the data. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Bytes before the first tensor: the 8 of the length, and the JSON with its padding. */
  readonly headerSizeBytes: number;
}

export interface SafetensorsReadOptions {
  /** The file's path, for messages and error details. */
  readonly path: string;
  /** The code of the errors: `checkpoint-invalid` where absent. */
  readonly errorCode?: 'checkpoint-invalid' | 'token-file-invalid' | 'merges-invalid';
}

/** The longest header that readers of the format accept, without the 8 bytes of its length. */
export const maximumSafetensorsHeaderBytes = 100_000_000;

const lengthFieldBytes = 8;

/**
 * Where the first tensor starts, from the first 8 bytes of a file: so many bytes `parseSafetensorsHeader` needs.
 * @throws SpeechTokensError `checkpoint-invalid` (or `errorCode`) when the file cannot be a safetensors file
 */
export function safetensorsHeaderSizeBytes(
  prefix: Uint8Array,
  fileSizeBytes: number,
  options: SafetensorsReadOptions,
): number {
  if (fileSizeBytes < lengthFieldBytes + 2 || prefix.byteLength < lengthFieldBytes) {
    throw invalid(options, {
      problem: 'The file is too short for a safetensors file',
      found: `${Math.min(fileSizeBytes, prefix.byteLength)} bytes`,
      wanted: 'at least 10 bytes',
    });
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = view.getBigUint64(0, true);
  const available = Math.min(maximumSafetensorsHeaderBytes, fileSizeBytes - lengthFieldBytes);
  if (length < 2n || length > BigInt(available)) {
    throw invalid(options, {
      problem: 'The file is not a safetensors file, or it is cut off in its header',
      found: `a header of ${length} bytes in a file of ${fileSizeBytes} bytes`,
      wanted: `a header of 2 to ${available} bytes`,
    });
  }
  return lengthFieldBytes + Number(length);
}

/**
 * Parses and checks the header of a safetensors file. Tensors must tile the rest of the file: each as long as its type
 * and shape say, none overlapping, no holes, nothing after the last.
 * @param prefix at least the first `safetensorsHeaderSizeBytes` bytes of the file; more does no harm
 * @throws SpeechTokensError `checkpoint-invalid` (or `errorCode`), with the name of the tensor where there is one
 * Source: huggingface/safetensors, README "Format" and `Metadata::validate` in `safetensors/src/tensor.rs`.
 */
export function parseSafetensorsHeader(
  prefix: Uint8Array,
  fileSizeBytes: number,
  options: SafetensorsReadOptions,
): SafetensorsHeader {
  const headerSizeBytes = safetensorsHeaderSizeBytes(prefix, fileSizeBytes, options);
  if (prefix.byteLength < headerSizeBytes) {
    throw new RangeError(`the header has ${headerSizeBytes} bytes, but only ${prefix.byteLength} were given`);
  }
  const raw = parseText(prefix.subarray(lengthFieldBytes, headerSizeBytes), options);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, entry] of raw.tensors) tensors.set(name, checkTensor(name, entry, headerSizeBytes, options));
  checkLayout(tensors, headerSizeBytes, fileSizeBytes, options);
  return { metadata: raw.metadata, tensors, headerSizeBytes };
}

/** Reads and checks the header of a safetensors file, and nothing else of it. Errors as `parseSafetensorsHeader`. */
export async function readSafetensorsHeader(
  source: ByteSource,
  options: Partial<SafetensorsReadOptions> & Pick<CallOptions, 'signal'> = {},
): Promise<SafetensorsHeader> {
  const { signal, path = source.name, ...rest } = options;
  const readOptions = signal === undefined ? {} : { signal };
  const parseOptions = { ...rest, path };
  const start = await source.read(0, Math.min(lengthFieldBytes, source.sizeBytes), readOptions);
  const headerSizeBytes = safetensorsHeaderSizeBytes(start, source.sizeBytes, parseOptions);
  const prefix = await source.read(0, headerSizeBytes, readOptions);
  return parseSafetensorsHeader(prefix, source.sizeBytes, parseOptions);
}

function parseText(bytes: Uint8Array, options: SafetensorsReadOptions): RawHeader {
  // The format wants the brace as the very first byte; blanks may follow the JSON, as padding.
  if (bytes[0] !== 0x7b) {
    throw invalid(options, {
      problem: 'The file is not a safetensors file',
      found: `a header that starts with byte 0x${(bytes[0] ?? 0).toString(16).padStart(2, '0')}`,
      wanted: 'an opening brace',
    });
  }
  try {
    return parseHeaderJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const tensor = cause instanceof HeaderSyntaxError ? cause.tensor : undefined;
    throw invalid(options, {
      problem: 'The header of the safetensors file is damaged',
      found: cause instanceof HeaderSyntaxError ? cause.message : 'bytes that are not UTF-8',
      wanted: 'the JSON that the format lays down',
      tensor,
      cause,
    });
  }
}

function checkTensor(
  name: string,
  { dtype, shape, dataOffsets }: RawTensorEntry,
  headerSizeBytes: number,
  options: SafetensorsReadOptions,
): SafetensorsTensor {
  const subject = `The tensor ${JSON.stringify(name)}`;
  if (!isSafetensorsDtype(dtype)) {
    throw invalid(options, {
      problem: `${subject} has an unknown data type`,
      found: JSON.stringify(dtype),
      wanted: `one of ${safetensorsDtypes.join(', ')}`,
      tensor: name,
    });
  }
  const [start, end] = dataOffsets as [number, number];
  const wantedBytes = tensorSizeBytes(dtype, shape);
  if (wantedBytes === undefined || end - start !== wantedBytes) {
    throw invalid(options, {
      problem: `${subject} does not have the bytes of its shape`,
      found: `${end - start} bytes for ${dtype} [${shape.join(', ')}]`,
      wanted: wantedBytes === undefined ? 'a shape that fills whole bytes, below 2^53 bits' : `${wantedBytes} bytes`,
      tensor: name,
    });
  }
  return { dtype, shape, offsetBytes: headerSizeBytes + start, sizeBytes: wantedBytes };
}

function checkLayout(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  headerSizeBytes: number,
  fileSizeBytes: number,
  options: SafetensorsReadOptions,
): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offsetBytes - b.offsetBytes || a.sizeBytes - b.sizeBytes);
  let end = headerSizeBytes;
  for (const [name, tensor] of inOrder) {
    if (tensor.offsetBytes !== end) {
      throw invalid(options, {
        problem:
          tensor.offsetBytes < end
            ? `The tensor ${JSON.stringify(name)} overlaps the one before it`
            : `There is a hole before the tensor ${JSON.stringify(name)}`,
        found: `its start at byte ${tensor.offsetBytes}`,
        wanted: `byte ${end}`,
        tensor: name,
      });
    }
    end += tensor.sizeBytes;
  }
  if (end !== fileSizeBytes) {
    throw invalid(options, {
      problem: end > fileSizeBytes ? 'The safetensors file is cut off' : 'Bytes follow the last tensor of the file',
      found: `${fileSizeBytes} bytes`,
      wanted: `${end} bytes`,
      // The first tensor that the file does not hold to its end.
      tensor: inOrder.find(([, tensor]) => tensor.offsetBytes + tensor.sizeBytes > fileSizeBytes)?.[0],
    });
  }
}

interface Fault {
  readonly problem: string;
  readonly found: string;
  readonly wanted: string;
  readonly tensor?: string | undefined;
  readonly cause?: unknown;
}

function invalid({ path, errorCode = 'checkpoint-invalid' }: SafetensorsReadOptions, fault: Fault): SpeechTokensError {
  return new SpeechTokensError(errorCode, {
    problem: `${fault.problem} (${path})`,
    found: fault.found,
    wanted: fault.wanted,
    remedy: 'Get the file again, or write it anew with the program that made it',
    details: fault.tensor === undefined ? { path } : { path, tensor: fault.tensor },
    ...(fault.cause === undefined ? {} : { cause: fault.cause }),
  });
}
