import { link, mkdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ResolvedModelFile } from '../../contract/model-file.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { isCommit } from './cache-layout.ts';
import { checkFile, type FileDescription } from './check-file.ts';
import type { FileRecords } from './file-records.ts';
import type { WantedContent } from './model-errors.ts';

// The layout is that of `huggingface_hub` ("Understand caching" in its documentation):
// models--<organisation>--<name>/{refs/<revision>, snapshots/<commit>/<file> → blobs/<etag>}.

function repositoryDirectory(hubDirectory: string, repository: string): string {
  return join(hubDirectory, `models--${repository.replace('/', '--')}`);
}

/** The commit that a revision stood for when Hugging Face's libraries looked last. */
export async function huggingFaceCommit(
  hubDirectory: string,
  repository: string,
  revision: string,
): Promise<string | undefined> {
  const path = join(repositoryDirectory(hubDirectory, repository), 'refs', ...revision.split('/'));
  const commit = (await readFile(path, 'utf8').catch(() => '')).trim();
  return isCommit(commit) ? commit : undefined;
}

/**
 * A file of the Hugging Face cache, if it is there and has the right bytes. Nothing in that cache is changed.
 * Its bytes are known by `wanted`, or by the name of the blob, which is the hub's own hash.
 */
export async function findInHuggingFaceCache(
  hubDirectory: string,
  source: { readonly repository: string; readonly commit: string; readonly file: string },
  wanted: WantedContent,
  records: FileRecords,
  description: FileDescription,
  options: CallOptions,
): Promise<ResolvedModelFile | undefined> {
  const { repository, commit, file } = source;
  const snapshot = join(repositoryDirectory(hubDirectory, repository), 'snapshots', commit, ...file.split('/'));
  const real = await realpath(snapshot).catch(() => undefined);
  if (real === undefined) return undefined;
  const blob = basename(dirname(real)) === 'blobs' ? basename(real) : '';
  const expected: WantedContent = {
    ...wanted,
    sha256: wanted.sha256 ?? (/^[0-9a-f]{64}$/.test(blob) ? blob : undefined),
    gitBlobSha1: wanted.gitBlobSha1 ?? (/^[0-9a-f]{40}$/.test(blob) ? blob : undefined),
  };
  // Without links (on Windows) nothing says what the bytes should be until the hub was asked.
  if (expected.sha256 === undefined && expected.gitBlobSha1 === undefined) return undefined;
  try {
    return await checkFile(records, real, expected, description, '', options);
  } catch (error) {
    options.signal?.throwIfAborted();
    // Broken, or removed meanwhile. It is not ours to mend: a download of our own takes its place.
    if (isSpeechTokensError(error, 'model-corrupt') || (error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/**
 * Gives a file of another cache a second name in ours: the same bytes on the disk, beside the other files of its
 * repository and under its own name, which graphs that point into weights need. No byte is copied or written.
 * @returns false where that cannot be (another disk, someone else's file, a file there already)
 */
export async function linkInto(path: string, targetPath: string): Promise<boolean> {
  try {
    await mkdir(dirname(targetPath), { recursive: true });
    await link(path, targetPath);
    return true;
  } catch {
    return false;
  }
}
