import type { ElementType } from '../graph/element-type.ts';

/** A tensor as it lies in a checkpoint: row-major, little-endian, without gaps. */
export interface CheckpointTensor {
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  /** Path of the file that holds it, with symbolic links followed. */
  readonly path: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** A value without tensors: an entry of a file's metadata, or of a dictionary that was saved with the weights. */
export type PlainValue = null | boolean | number | bigint | string | readonly PlainValue[];

/** Named weights on disk. Opening one reads its table of contents, not its values. */
export interface Checkpoint {
  /**
   * The folder that a graph over this checkpoint is loaded with; every tensor lies in it or below it. It is the one in
   * which the files really lie: ONNX Runtime refuses weights behind a symbolic link that leads out of the folder, as
   * those in the cache of the Hugging Face hub do.
   */
  readonly directory: string;
  /** For error messages: the file or folder that was opened. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Tensors that are there, but that no graph can point to, by name: what is in the way, for error messages. */
  readonly unusable?: ReadonlyMap<string, string>;
  /** What the file says beside its tensors: the metadata of safetensors, plain values of a PyTorch dictionary. */
  readonly values?: ReadonlyMap<string, PlainValue>;
}
