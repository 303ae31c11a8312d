import { realpath } from 'node:fs/promises';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ResolvedModelFile } from '../../contract/model-file.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { checkFile, describeFile, type FileDescription } from './check-file.ts';
import { stampOf } from './file-records.ts';
import type { HubMetadata, HubSource } from './hub-metadata.ts';
import { findInHuggingFaceCache, linkInto } from './huggingface-cache.ts';
import { corrupt, type WantedContent } from './model-errors.ts';
import { contentKey } from './pins.ts';
import type { StoreParts } from './store-parts.ts';

/**
 * A file of the hub where it needs no download: from our own cache, else from that of Hugging Face's libraries.
 * @param metadata what the hub says, where it was asked
 * @throws SpeechTokensError `model-corrupt` when ours is broken and cannot be fetched again, or when the plugin
 *   contradicts what was pinned
 */
export async function findLocalHubFile(
  store: StoreParts,
  file: ModelFile,
  source: HubSource,
  commit: string,
  metadata: Partial<HubMetadata>,
  options: CallOptions,
): Promise<ResolvedModelFile | undefined> {
  const { layout, pins } = store;
  const { repository } = source;
  const path = layout.hubFile(repository, commit, source.file);
  const pin = await pins.contentOf(contentKey(repository, commit, source.file));
  if (pin !== undefined && file.sha256 !== undefined && pin.sha256 !== file.sha256) {
    const remedy = 'The plugin declares another hash than the hub gave: upgrade the plugin, or tell its authors';
    throw corrupt(path, { sha256: pin.sha256 }, file, remedy);
  }
  const { sha256 = pin?.sha256, gitBlobSha1 } = wantedContent(file, metadata);
  // The hash decides. A declared size that contradicts it is a fault of the plugin, not of the file.
  const wanted: WantedContent = { sha256, gitBlobSha1 };
  const description = describeFile(file, { ...source, revision: commit });
  return (
    (await findOwn(store, path, wanted, description, options)) ??
    (await findTheirs(store, source, commit, wanted, description, options))
  );
}

/** What the plugin declares goes before what the hub says. */
export function wantedContent(file: ModelFile, metadata: Partial<HubMetadata>): WantedContent {
  return {
    sha256: file.sha256 ?? metadata.sha256,
    gitBlobSha1: metadata.gitBlobSha1,
    sizeBytes: file.sizeBytes ?? metadata.sizeBytes,
  };
}

async function findOwn(
  store: StoreParts,
  path: string,
  wanted: WantedContent,
  description: FileDescription,
  options: CallOptions,
): Promise<ResolvedModelFile | undefined> {
  const { settings, records } = store;
  if ((await realpath(path).catch(() => undefined)) === undefined) return undefined;
  const { gitBlobSha1, sha256 = gitBlobSha1 === undefined ? (await records.read(path))?.sha256 : undefined } = wanted;
  // Nothing says what it should be: the hub does.
  if (sha256 === undefined && gitBlobSha1 === undefined) return undefined;
  try {
    const remedy = 'Go online: it is then downloaded anew';
    return await checkFile(records, path, { sha256, gitBlobSha1 }, description, remedy, options);
  } catch (error) {
    // Broken: a download takes its place, once it has been agreed to.
    if (isSpeechTokensError(error, 'model-corrupt') && !settings.offline) return undefined;
    throw error;
  }
}

async function findTheirs(
  store: StoreParts,
  source: HubSource,
  commit: string,
  wanted: WantedContent,
  description: FileDescription,
  options: CallOptions,
): Promise<ResolvedModelFile | undefined> {
  const { settings, layout, pins, records } = store;
  const { repository, file } = source;
  const directory = settings.huggingFaceCacheDirectory;
  if (directory === undefined) return undefined;
  const theirs = await findInHuggingFaceCache(
    directory,
    { repository, commit, file },
    wanted,
    records,
    description,
    options,
  );
  if (theirs === undefined) return undefined;
  try {
    await pins.pinContent(contentKey(repository, commit, file), theirs, options.signal);
  } catch (error) {
    // With a cache that cannot be written to, what is in theirs can still be used.
    if (isSpeechTokensError(error, 'file-write')) return theirs;
    throw error;
  }
  const path = layout.hubFile(repository, commit, file);
  if (!(await linkInto(theirs.path, path))) return theirs;
  const real = await realpath(path);
  await records.remember({ path: real, ...(await stampOf(real)), sha256: theirs.sha256, ...description });
  return { ...theirs, path: real };
}
