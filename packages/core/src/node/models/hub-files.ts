import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ResolvedModelFile } from '../../contract/model-file.ts';
import { checkHubSource, isCommit } from './cache-layout.ts';
import { describeFile } from './check-file.ts';
import { askConsent } from './consent.ts';
import { download } from './download.ts';
import { type HubMetadata, type HubSource, hubRemote, hubUrl, readHubMetadata } from './hub-metadata.ts';
import { huggingFaceCommit } from './huggingface-cache.ts';
import { findLocalHubFile, wantedContent } from './local-hub-files.ts';
import { corrupt, offline } from './model-errors.ts';
import { contentKey } from './pins.ts';
import type { StoreParts } from './store-parts.ts';

/** The file of a hub repository: from this machine where it is here, else from the hub. */
export async function resolveHub(
  store: StoreParts,
  file: ModelFile,
  source: HubSource,
  options: CallOptions,
): Promise<ResolvedModelFile> {
  checkHubSource(source);
  const { settings, layout, pins } = store;
  const { repository, revision } = source;
  const { signal } = options;

  const pinned = isCommit(revision) ? revision : await pins.commitOf(repository, revision);
  if (pinned !== undefined) {
    const local = await findLocalHubFile(store, file, source, pinned, {}, options);
    if (local !== undefined) return local;
  } else if (settings.huggingFaceCacheDirectory !== undefined) {
    const commit = await huggingFaceCommit(settings.huggingFaceCacheDirectory, repository, revision);
    const local = commit && (await findLocalHubFile(store, file, source, commit, {}, options));
    // What another program of this machine took the branch for is a first use as good as any.
    if (commit && local && (await pins.pinRevision(repository, revision, commit, signal)) === commit) return local;
  }

  if (settings.offline) throw offline(file, hubUrl(settings.hubEndpoint, source));
  if (settings.consent === undefined)
    await askConsent(settings, file, hubUrl(settings.hubEndpoint, source), undefined, signal);

  const metadata = await readHubMetadata(settings, { ...source, revision: pinned ?? revision }, signal);
  const commit = pinned ?? metadata.commit;
  checkDeclared(file, metadata, layout.hubFile(repository, commit, source.file));
  const local = await findLocalHubFile(store, file, source, commit, metadata, options);
  if (local === undefined) {
    await askConsent(settings, file, hubUrl(settings.hubEndpoint, source), metadata.sizeBytes, signal);
  }
  if (pinned === undefined && (await pins.pinRevision(repository, revision, commit, signal)) !== commit) {
    // Another process was faster, and the branch had moved in between: now it is pinned, for both.
    return resolveHub(store, file, source, options);
  }
  if (local !== undefined) return local;

  const targetPath = layout.hubFile(repository, commit, source.file);
  const atCommit: HubSource = { ...source, revision: commit };
  const resolved = await download(
    store,
    {
      ...(await hubRemote(settings, atCommit)),
      targetPath,
      wanted: wantedContent(file, metadata),
      description: describeFile(file, atCommit),
    },
    options,
  );
  await pins.pinContent(contentKey(repository, commit, source.file), resolved, signal);
  return resolved;
}

/** Before gigabytes arrive: whether what the hub has can be what the plugin wants. */
function checkDeclared(file: ModelFile, metadata: HubMetadata, path: string): void {
  const isOther =
    (file.sha256 !== undefined && metadata.sha256 !== undefined && file.sha256 !== metadata.sha256) ||
    (file.sizeBytes !== undefined && metadata.sizeBytes !== undefined && file.sizeBytes !== metadata.sizeBytes);
  if (isOther) {
    const remedy = 'The hub holds another file than the plugin declares: upgrade the plugin, or tell its authors';
    throw corrupt(path, metadata, file, remedy);
  }
}
