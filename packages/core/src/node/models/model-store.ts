import { realpath } from 'node:fs/promises';
import type { CallOptions } from '../../contract/call-options.ts';
import type { ModelFile, ModelStore, ResolvedModelFile } from '../../contract/model-file.ts';
import { checkHubSource, isCommit } from './cache-layout.ts';
import {
  type CachedModelFile,
  listCachedFiles,
  removeCachedFile,
  type VerifiedModelFile,
  verifyCachedFiles,
} from './cached-files.ts';
import { normalUrl, resolveHttps } from './https-files.ts';
import { resolveHub } from './hub-files.ts';
import { localPath, resolveLocal } from './local-sources.ts';
import type { RevisionPin } from './pins.ts';
import { hubShardsOf, isCheckpointIndex, resolveHubSharded } from './sharded-files.ts';
import { type ModelStoreOptions, settle } from './store-options.ts';
import { createStoreParts } from './store-parts.ts';

/** The store of this machine, with what a program needs to show and tidy it. */
export interface NodeModelStore extends ModelStore {
  readonly cacheDirectory: string;
  readonly isOffline: boolean;
  /**
   * Where a file is on this machine; `undefined` where it would have to be downloaded. Neither checks nor fetches it.
   * @throws SpeechTokensError `argument-invalid`
   */
  path(file: ModelFile): Promise<string | undefined>;
  /**
   * A file, and those that it names where it is the index of weights in several files of a hub repository: `resolve`
   * brings them with it. An index that is not on this machine comes alone: what it names is not known yet.
   * @throws SpeechTokensError `argument-invalid`; `checkpoint-invalid` where an index cannot be read
   */
  parts(file: ModelFile): Promise<readonly ModelFile[]>;
  /** Everything in the cache. Bundled files, files given by path and those of other caches are not. */
  list(): Promise<readonly CachedModelFile[]>;
  /** Reads every file in the cache again and compares it with what it should be. */
  verify(options?: CallOptions): AsyncIterable<VerifiedModelFile>;
  /** Deletes a file from the cache; resolves to the bytes that it had. */
  remove(file: CachedModelFile, options?: CallOptions): Promise<number>;
  /** Which commits branches and tags stand for on this machine. */
  pins(): Promise<readonly RevisionPin[]>;
  /** Lets go of a branch or tag, so that its next use asks the hub again; false where it was not pinned. */
  unpin(repository: string, revision: string, options?: CallOptions): Promise<boolean>;
}

/**
 * A store of model files on this machine. Nothing is read or written before the first call.
 * @throws SpeechTokensError `argument-invalid` when the hub's address is none
 */
export function createModelStore(options: ModelStoreOptions = {}): NodeModelStore {
  const settings = settle(options);
  const store = createStoreParts(settings);
  const { layout, pins } = store;

  const pathOf = async (file: ModelFile): Promise<string | undefined> => {
    const { source } = file;
    if (source.type === 'bundled' || source.type === 'path') return existing(localPath(source));
    if (source.type === 'https') return existing(layout.httpsFile(normalUrl(source.url)));
    checkHubSource(source);
    const { repository, revision } = source;
    const commit = isCommit(revision) ? revision : await pins.commitOf(repository, revision);
    return commit === undefined ? undefined : existing(layout.hubFile(repository, commit, source.file));
  };

  return {
    cacheDirectory: settings.cacheDirectory,
    isOffline: settings.offline,

    async resolve(file: ModelFile, callOptions: CallOptions = {}): Promise<ResolvedModelFile> {
      callOptions.signal?.throwIfAborted();
      const { source } = file;
      switch (source.type) {
        case 'bundled':
        case 'path':
          return resolveLocal(file, source, store.records, callOptions);
        case 'hub':
          return isCheckpointIndex(source.file)
            ? resolveHubSharded((one, from) => resolveHub(store, one, from, callOptions), file, source)
            : resolveHub(store, file, source, callOptions);
        case 'https':
          return resolveHttps(store, file, source.url, callOptions);
      }
    },

    path: pathOf,

    async parts(file) {
      const { source } = file;
      if (source.type !== 'hub' || !isCheckpointIndex(source.file)) return [file];
      const path = await pathOf(file);
      return path === undefined ? [file] : [file, ...(await hubShardsOf(file, source, path))];
    },

    list: () => listCachedFiles(store),

    verify({ signal, onProgress } = {}) {
      return verifyCachedFiles(store, {
        signal,
        onBytes: ({ path, sizeBytes }, done) =>
          onProgress?.({ stage: `Checking ${path}`, done, total: sizeBytes, unit: 'bytes' }),
      });
    },

    remove: (file, { signal } = {}) => removeCachedFile(store, file, signal),

    pins: () => pins.revisions(),

    unpin: (repository, revision, { signal } = {}) => pins.unpinRevision(repository, revision, signal),
  };
}

async function existing(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}
