import type { ElementType } from '../graph/element-type.ts';

/** A tensor as it lies in a checkpoint. */
export interface CheckpointTensor {
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  /** Path of the file that holds it. */
  readonly path: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** Named weights on disk. Opening one reads its table of contents, not its values. */
export interface Checkpoint {
  /** The folder that a graph over this checkpoint is loaded with; every tensor lies in it or below it. */
  readonly directory: string;
  /** For error messages: the file or folder that was opened. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
}
