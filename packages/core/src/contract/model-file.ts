import type { CallOptions } from './call-options.ts';

/** Where a model file comes from. */
export type ModelSource =
  /** Ships inside the plugin's package: `new URL('../models/x', import.meta.url).href`. */
  | { readonly type: 'bundled'; readonly url: string }
  | { readonly type: 'path'; readonly path: string }
  /**
   * A file of a hub repository; `revision` is a commit, a tag or a branch. An index of weights in several files
   * (`….index.json`) brings those files too.
   */
  | { readonly type: 'hub'; readonly repository: string; readonly revision: string; readonly file: string }
  | { readonly type: 'https'; readonly url: string };

/** A file that a component needs before it can run. */
export interface ModelFile {
  /** File name by which the component asks for it, unique within the component, for example `model.safetensors`. */
  readonly name: string;
  /**
   * Names that someone's own file may have in a checkpoint folder that stands in for the source; the first that is there
   * counts. `name` alone where absent. An index among them (`….index.json`) brings the files that it names.
   */
  readonly checkpointNames?: readonly string[];
  readonly source: ModelSource;
  /** Lower-case hex. Where absent, the hub's own is taken, checked and pinned on first use. */
  readonly sha256?: string;
  readonly sizeBytes?: number;
  /** Licence of the weights, as an SPDX expression where there is one. */
  readonly licence: string;
}

/**
 * Whether a component runs only with files of the user's own: their source is a path, and stands for a folder that the
 * host is given (`withCheckpointDirectory`).
 */
export function needsCheckpoint({ models }: { readonly models: readonly ModelFile[] }): boolean {
  return models.some(({ source }) => source.type === 'path');
}

/** A model file that is on this machine and has been checked; of weights in several files, their index. */
export interface ResolvedModelFile {
  readonly path: string;
  /** Of the file; of an index, over it and all files that it names. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Finds, downloads, checks and keeps model files. The host owns it, and with it consent, cache and offline mode. */
export interface ModelStore {
  /**
   * The file on this machine, downloaded if need be. Files of one repository resolve into one folder, under their
   * own names, so that a graph can point into the weights beside it. The path is that of the file itself, never of a
   * link to it, except for an index of weights in several files, which are looked for beside it.
   * @throws SpeechTokensError `model-consent`, `model-offline`, `model-download`, `model-missing`, `model-corrupt`,
   *   `model-disk-space`, `file-read`, `file-write`; `checkpoint-invalid` for an index of weights that cannot be read;
   *   `argument-invalid` where a name or address cannot be used
   */
  resolve(file: ModelFile, options?: CallOptions): Promise<ResolvedModelFile>;
}
