import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ResolvedModelFile } from '../../contract/model-file.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { hashFile, sha256OfText } from '../files/file-hash.ts';
import type { CacheLayout } from './cache-layout.ts';
import { checkFile, type FileDescription } from './check-file.ts';
import { fetchIntoPart } from './fetch-into-part.ts';
import { lockLost, withFileLock } from './file-lock.ts';
import { type FileRecords, stampOf } from './file-records.ts';
import type { RemoteFile } from './http-errors.ts';
import { corrupt, diskFull, type WantedContent } from './model-errors.ts';
import { openPartFile, type PartFile } from './part-file.ts';
import type { StoreSettings } from './store-options.ts';

export interface DownloadRequest {
  readonly remote: RemoteFile;
  readonly token?: { readonly origin: string; readonly value: string } | undefined;
  /** Where the finished file goes. */
  readonly targetPath: string;
  readonly wanted: WantedContent;
  readonly description: FileDescription;
}

export interface DownloadContext {
  readonly settings: StoreSettings;
  readonly layout: CacheLayout;
  readonly records: FileRecords;
}

/**
 * Downloads a file into its place in the cache, unless another process has done so by the time the lock is ours.
 * The place has either nothing or all the right bytes. What has arrived is kept when it is interrupted.
 * @throws SpeechTokensError `model-download`, `model-corrupt`, `model-disk-space`, `file-write`
 */
export async function download(
  context: DownloadContext,
  request: DownloadRequest,
  options: CallOptions,
): Promise<ResolvedModelFile> {
  const { settings, layout } = context;
  const key = contentName(request);
  const partPath = join(layout.partsDirectory, `${key}.part`);
  const lockPath = join(layout.locksDirectory, `${key}.lock`);
  const { signal, onProgress } = options;
  const { name } = request.description;
  const waitOptions = {
    timing: settings.lock,
    signal,
    async onWait() {
      if (onProgress === undefined) return;
      const done = (await stat(partPath).catch(() => undefined))?.size;
      const total = request.wanted.sizeBytes;
      const stage = `Waiting for another download of ${name}`;
      // Between the last byte and the move there is no part: nothing new to tell.
      if (done !== undefined) onProgress({ stage, done, ...(total !== undefined && { total }), unit: 'bytes' });
    },
  };
  for (;;) {
    try {
      return await withFileLock(lockPath, waitOptions, (lockSignal) =>
        downloadLocked(context, request, partPath, { ...options, signal: lockSignal }),
      );
    } catch (error) {
      signal?.throwIfAborted();
      if (error !== lockLost) throw error;
      // This process was stopped for so long that another took over. Now it is our turn to wait.
    }
  }
}

async function downloadLocked(
  context: DownloadContext,
  request: DownloadRequest,
  partPath: string,
  options: CallOptions & { readonly signal: AbortSignal },
): Promise<ResolvedModelFile> {
  const { settings, records } = context;
  const { remote, targetPath, wanted, description } = request;
  const { signal } = options;
  const present = await findPresent(context, request, options);
  if (present !== undefined) return present;
  for (let round = 0; ; round++) {
    const part = await openPartFile(partPath, {
      note: { ...description, url: remote.url },
      isNamedByContent: wanted.sha256 !== undefined || wanted.gitBlobSha1 !== undefined,
      signal,
    });
    try {
      await checkDiskSpace(settings, partPath, part, wanted);
      const isComplete = await fetchIntoPart(settings, request, part, options);
      const found = await contentOf(part, partPath, wanted, signal);
      if (isComplete && isSame(found, wanted)) {
        const { sha256, gitBlobSha1 } = found;
        await part.moveTo(targetPath);
        const path = await realpath(targetPath);
        const record = { path, ...(await stampOf(path)), sha256, ...description };
        await records.remember({ ...record, ...(gitBlobSha1 !== undefined && { gitBlobSha1 }) });
        return { path, sha256, sizeBytes: record.sizeBytes };
      }
      await part.discard();
      // A fault on the way may be gone the second time; wrong bytes at the source are not.
      if (round > 0) {
        const remedy = `The server at ${new URL(remote.url).host} gives other bytes than were promised, twice: tell those who publish the file`;
        throw corrupt(targetPath, found, wanted, remedy);
      }
    } finally {
      await part.close();
    }
  }
}

/** The file in its place, where another process has put it there meanwhile. A broken one will be replaced. */
async function findPresent(
  { records }: DownloadContext,
  { targetPath, wanted, description }: DownloadRequest,
  options: CallOptions,
): Promise<ResolvedModelFile | undefined> {
  const stamp = await stampOf(targetPath).catch(() => undefined);
  if (stamp === undefined) return undefined;
  const isKnown =
    wanted.sha256 !== undefined ||
    wanted.gitBlobSha1 !== undefined ||
    (await records.current(targetPath, stamp)) !== undefined;
  if (!isKnown) return undefined;
  try {
    return await checkFile(records, targetPath, wanted, description, '', options);
  } catch (error) {
    if (isSpeechTokensError(error, 'model-corrupt')) return undefined;
    throw error;
  }
}

async function contentOf(
  part: PartFile,
  partPath: string,
  wanted: WantedContent,
  signal: AbortSignal,
): Promise<{ readonly sha256: string; readonly sizeBytes: number; readonly gitBlobSha1?: string }> {
  // Files in git itself are small: a second reading is cheap.
  const { sizeBytes } = part;
  if (wanted.gitBlobSha1 !== undefined) return hashFile(partPath, { signal, gitBlobSizeBytes: sizeBytes });
  return { sha256: part.sha256(), sizeBytes };
}

function isSame(
  found: { readonly sha256: string; readonly sizeBytes: number; readonly gitBlobSha1?: string },
  wanted: WantedContent,
): boolean {
  return (
    (wanted.sizeBytes === undefined || found.sizeBytes === wanted.sizeBytes) &&
    (wanted.sha256 === undefined || found.sha256 === wanted.sha256) &&
    (wanted.gitBlobSha1 === undefined || found.gitBlobSha1 === wanted.gitBlobSha1)
  );
}

async function checkDiskSpace(
  settings: StoreSettings,
  partPath: string,
  part: PartFile,
  wanted: WantedContent,
): Promise<void> {
  if (wanted.sizeBytes === undefined) return;
  const neededBytes = wanted.sizeBytes - part.sizeBytes;
  const freeBytes = await settings.freeDiskBytes(settings.cacheDirectory);
  if (freeBytes !== undefined && freeBytes < neededBytes) throw diskFull(partPath, neededBytes, freeBytes);
}

/** Two downloads of the same bytes share a name; where the bytes are not known before, those of one address do. */
function contentName({ wanted, remote }: DownloadRequest): string {
  if (wanted.sha256 !== undefined) return `sha256-${wanted.sha256}`;
  if (wanted.gitBlobSha1 !== undefined) return `git-${wanted.gitBlobSha1}`;
  return `url-${sha256OfText(remote.url)}`;
}
