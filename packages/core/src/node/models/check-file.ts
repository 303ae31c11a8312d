import { realpath } from 'node:fs/promises';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ModelSource, ResolvedModelFile } from '../../contract/model-file.ts';
import { hashFile } from '../files/file-hash.ts';
import { type FileRecords, stampOf } from './file-records.ts';
import { corrupt, type WantedContent } from './model-errors.ts';

/** What is noted beside a checked file, so that a listing of the cache can say what it is. */
export interface FileDescription {
  readonly name: string;
  readonly licence: string;
  readonly source: ModelSource;
}

export function describeFile(file: ModelFile, source: ModelSource = file.source): FileDescription {
  return { name: file.name, licence: file.licence, source };
}

/**
 * Checks a file against what it should be. Its bytes are read once; after that its size and time stamp are enough.
 * @param remedy what to do about wrong bytes
 * @throws SpeechTokensError `model-corrupt`; the error of the file system, where there is no such file
 */
export async function checkFile(
  records: FileRecords,
  path: string,
  wanted: WantedContent,
  description: FileDescription,
  remedy: string,
  options: CallOptions = {},
): Promise<ResolvedModelFile> {
  const { signal, onProgress } = options;
  // Not the link but the file: inference libraries refuse weights that a link leads out of the graph's folder for.
  const real = await realpath(path);
  for (;;) {
    signal?.throwIfAborted();
    const stamp = await stampOf(real);
    const { sizeBytes } = stamp;
    if (wanted.sizeBytes !== undefined && wanted.sizeBytes !== sizeBytes) {
      throw corrupt(real, { sizeBytes }, wanted, remedy);
    }
    const known = await records.current(real, stamp);
    const isEnough = known !== undefined && (wanted.gitBlobSha1 === undefined || known.gitBlobSha1 !== undefined);
    const hashes = isEnough
      ? known
      : await hashFile(real, {
          signal,
          gitBlobSizeBytes: wanted.gitBlobSha1 === undefined ? undefined : sizeBytes,
          onBytes: (done) =>
            onProgress?.({ stage: `Checking ${description.name}`, done, total: sizeBytes, unit: 'bytes' }),
        });
    const isRight =
      (wanted.sha256 === undefined || hashes.sha256 === wanted.sha256) &&
      (wanted.gitBlobSha1 === undefined || hashes.gitBlobSha1 === wanted.gitBlobSha1);
    if (isEnough && isRight) {
      await records.touch(real);
      return { path: real, sha256: known.sha256, sizeBytes };
    }
    const after = await stampOf(real);
    // Someone wrote to it meanwhile: the hash is of neither version.
    if (after.sizeBytes !== sizeBytes || after.modifiedNs !== stamp.modifiedNs) continue;
    if (!isRight) throw corrupt(real, { ...hashes, sizeBytes }, wanted, remedy);
    const { sha256, gitBlobSha1 } = hashes;
    await records.remember({ path: real, ...stamp, sha256, ...(gitBlobSha1 && { gitBlobSha1 }), ...description });
    return { path: real, sha256, sizeBytes };
  }
}
