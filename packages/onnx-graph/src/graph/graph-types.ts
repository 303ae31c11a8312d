import { formatShape, type Shape } from './dim.ts';
import type { ElementType } from './element-type.ts';

/** A value of the graph under construction. Its shape is known now; lengths in time stay symbolic. */
export interface GraphTensor {
  readonly name: string;
  readonly elementType: ElementType;
  readonly shape: Shape;
}

/** Bytes of a tensor that lie in a checkpoint file. */
export interface ExternalTensor {
  /** File name, relative to the folder that the session is given. */
  readonly location: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface Initializer {
  readonly name: string;
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  readonly data: Uint8Array | ExternalTensor;
}

export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface GraphNode {
  readonly operator: string;
  /** Operator set; the standard one where absent. */
  readonly domain?: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A tensor carried from one run to the next; it starts as zeros. */
export interface StateTensor {
  readonly name: string;
  readonly inputName: string;
  readonly outputName: string;
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  /** Whether the output is rows of it, which the session writes down: see `GraphBuilder.memory`. */
  readonly memory?: {
    readonly axis: number;
    /** Output, int32 `[1]`: the place of the last row. */
    readonly lastName: string;
    /** Whether it can be shorter along its axis than `shape` says: see `GraphState.reserve`. */
    readonly grows: boolean;
  };
}

/** A finished graph: the bytes of an ONNX model, and what a session must know about it. */
export interface BuiltGraph {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
  readonly states: readonly StateTensor[];
}

export function describe(tensor: { readonly elementType: ElementType; readonly shape: Shape }): string {
  return `${tensor.elementType} ${formatShape(tensor.shape)}`;
}

export function isExternal(data: Uint8Array | ExternalTensor): data is ExternalTensor {
  return !(data instanceof Uint8Array);
}
