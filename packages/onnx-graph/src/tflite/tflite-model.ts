import type { Checkpoint, CheckpointTensor } from '../checkpoint/checkpoint.ts';
import type { TfliteElementType, TfliteOperatorCode } from './tflite-codes.ts';

/** real value = scale · (stored − zero point): one pair for the tensor, or one for each index of `axis`. */
export interface TfliteQuantization {
  readonly scales: readonly number[];
  /** As many as scales. */
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

export interface TfliteTensor {
  /** As the file says, and not always unique; by `key` it is found among the checkpoint's tensors. */
  readonly name: string;
  readonly key: string;
  readonly elementType: TfliteElementType;
  /** Of one call; −1 stands for lengths that are not known in advance. */
  readonly shape: readonly number[];
  readonly quantization?: TfliteQuantization;
  /** Where the values of a constant lie; absent for what is computed, and for constants that no graph can use. */
  readonly constant?: CheckpointTensor;
}

/** One step of a subgraph. Inputs and outputs are indices into its tensors; −1 is an optional input left out. */
export interface TfliteOperator {
  readonly code: TfliteOperatorCode;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Options by their name in the schema; of operators that `tflite-codes.ts` gives options for. */
  readonly options: Readonly<Record<string, number | string>>;
}

export interface TfliteSubgraph {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  /** Indices of tensors. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** In an order in which they can be computed. */
  readonly operators: readonly TfliteOperator[];
}

/** A named way to call a model: tensors of one subgraph by name. */
export interface TfliteSignature {
  readonly name: string;
  readonly subgraph: number;
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
}

export interface TfliteModel {
  readonly path: string;
  readonly subgraphs: readonly TfliteSubgraph[];
  readonly signatures: readonly TfliteSignature[];
  /** The constants, for a graph that points to them where they lie in the file. */
  readonly checkpoint: Checkpoint;
  /** The stored bytes of a constant; a view, not a copy. */
  bytesOf(constant: CheckpointTensor): Uint8Array;
}
