import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ModelSource, ResolvedModelFile } from '../../contract/model-file.ts';
import { isSpeechTokensError, SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { fileReadError } from '../files/file-errors.ts';
import { checkFile, describeFile } from './check-file.ts';
import type { FileRecords } from './file-records.ts';
import { missing } from './model-errors.ts';

type LocalSource = Extract<ModelSource, { type: 'bundled' | 'path' }>;

/** @throws SpeechTokensError `argument-invalid` when a bundled file's address is not a `file:` address */
export function localPath(source: LocalSource): string {
  if (source.type === 'path') return resolve(source.path);
  try {
    return fileURLToPath(source.url);
  } catch (cause) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'A bundled model file has an address that is not of a file',
      found: source.url,
      wanted: "new URL('../models/name', import.meta.url).href",
      remedy: 'Tell the authors of the plugin',
      details: { argument: 'source.url' },
      cause,
    });
  }
}

/**
 * Checks a file that is on this machine anyway.
 * @throws SpeechTokensError `model-missing`, `model-corrupt`, `file-read`
 */
export async function resolveLocal(
  file: ModelFile,
  source: LocalSource,
  records: FileRecords,
  options: CallOptions,
): Promise<ResolvedModelFile> {
  const path = localPath(source);
  const remedy =
    source.type === 'bundled'
      ? 'Install the package of the plugin again'
      : 'Put the right file there, or change the path';
  await realpath(path).catch((cause) => {
    throw missing(path, file.name, remedy, cause);
  });
  try {
    return await checkFile(records, path, file, describeFile(file), remedy, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isSpeechTokensError(error)) throw error;
    throw fileReadError(path, error);
  }
}
