import type { ByteSource } from '../bytes/byte-source.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';

const maximumIndexBytes = 64 << 20;
const maximumFiles = 1000;

/**
 * Reads the index of a checkpoint that lies in several files, `model.safetensors.index.json` or
 * `pytorch_model.bin.index.json`: `{"metadata": …, "weight_map": {tensor: file}}`.
 * Source: huggingface/huggingface_hub, `src/huggingface_hub/serialization/_base.py` (`StateDictSplit`).
 * @param path of the index, for messages and error details
 * @returns the file of each tensor: the name of a file that lies beside the index
 * @throws SpeechTokensError `checkpoint-invalid` when it is no index, or names a place that is not beside it
 */
export async function readCheckpointIndex(source: ByteSource, path: string): Promise<ReadonlyMap<string, string>> {
  if (source.sizeBytes > maximumIndexBytes) {
    throw damaged(path, `${source.sizeBytes} bytes`, `at most ${maximumIndexBytes} bytes`);
  }
  let index: unknown;
  try {
    const bytes = await source.read(0, source.sizeBytes);
    index = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    throw damaged(path, 'text that is no JSON', 'the JSON of an index');
  }
  const weightMap = isObject(index) && 'weight_map' in index ? index.weight_map : undefined;
  if (!isObject(weightMap)) throw damaged(path, 'no weight_map', 'a weight_map from tensors to files');
  const files = new Map<string, string>();
  for (const [tensor, file] of Object.entries(weightMap)) files.set(tensor, checkFileName(tensor, file, path));
  const count = new Set(files.values()).size;
  if (count === 0 || count > maximumFiles) throw damaged(path, `${count} files`, `1 to ${maximumFiles} files`);
  return files;
}

function checkFileName(tensor: string, file: unknown, path: string): string {
  if (typeof file === 'string' && /^[^/\\:\0]+$/.test(file) && file !== '.' && file !== '..') return file;
  throw new SpeechTokensError('checkpoint-invalid', {
    problem: `The index of the checkpoint names a place that is not beside it, for the tensor ${quoted(tensor)} (${path})`,
    found: typeof file === 'string' ? quoted(file) : typeof file,
    wanted: 'the name of a file in the same folder',
    remedy: 'Get the file again, or write it anew with the program that made it',
    details: { path, tensor },
  });
}

function damaged(path: string, found: string, wanted: string): SpeechTokensError<'checkpoint-invalid'> {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `The index of the checkpoint cannot be read (${path})`,
    found,
    wanted,
    remedy: 'Get the file again, or write it anew with the program that made it',
    details: { path },
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text of the file as it may stand in a message. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
