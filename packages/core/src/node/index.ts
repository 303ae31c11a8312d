export {
  type FileSource,
  fileHandleSource,
  openFileSource,
  openPartialFile,
  type PartialFile,
  writeFileAtomically,
} from './files/index.ts';
export { readMergesFileAt, writeMergesFile } from './merges-file/merges-files.ts';
export type { CachedModelFile, VerifiedModelFile } from './models/cached-files.ts';
export { withCheckpointDirectory } from './models/checkpoint-directory.ts';
export type { LockTiming } from './models/file-lock.ts';
export { createModelStore, type NodeModelStore } from './models/model-store.ts';
export type { RevisionPin } from './models/pins.ts';
export type { RetryPolicy } from './models/retry.ts';
export type { ConsentRequest, ModelStoreOptions } from './models/store-options.ts';
export {
  type ComponentEntry,
  type ComponentRegistry,
  createComponentRegistry,
  type FoundComponent,
} from './plugins/component-registry.ts';
export { type FindPluginsOptions, type FoundPlugin, findPlugins } from './plugins/find-plugins.ts';
export { type LoadedPlugin, type LoadPluginOptions, loadPlugin, type PluginLocation } from './plugins/load-plugin.ts';
export { nearestNames } from './plugins/nearest-names.ts';
export {
  openTokenFileAt,
  type TokenFileOnDisk,
  type WriteTokenFileOptions,
  writeTokenFile,
} from './token-file/token-files.ts';
