import { relative, sep } from 'node:path';
import { SpeechTokensError } from '@speech-tokens/core';
import type { ElementType } from '../graph/element-type.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { cast } from '../ops/matrix.ts';
import type { BlockMatrix } from '../quantized/block-quantize.ts';
import type { Checkpoint, CheckpointTensor } from './checkpoint.ts';

/** The weights below one prefix of a checkpoint, as a layer sees them. */
export interface WeightScope {
  /** The weights of a part: `scope('decoder').scope('head')` reads `decoder.head.…`. */
  scope(name: string | number): WeightScope;
  /** Whether there is a tensor of this name, of whatever type, also one that no graph can use. */
  has(name: string): boolean;
  /**
   * The shape of a tensor, of whatever type.
   * @throws SpeechTokensError `checkpoint-invalid` when it is absent or cannot be used
   */
  shapeOf(name: string): readonly number[];
  /**
   * A weight as a float32 tensor of the graph. It stays where it lies in the checkpoint; the runtime reads it, and
   * widens or narrows it, when the graph is loaded.
   * @throws SpeechTokensError `checkpoint-invalid` when it is absent, cannot be used or is of another shape, with both
   * shapes
   */
  tensor(g: GraphBuilder, name: string, shape: readonly number[], part?: WeightPart): GraphTensor;
  /** A matrix that was quantized when the checkpoint was opened. */
  blocks?(name: string): BlockMatrix | undefined;
}

/** Which part of a weight, and in which type. */
export interface WeightPart {
  /** These of the first axis, from the one to before the other: only they are read from the file. All where absent. */
  readonly rows?: readonly [start: number, end: number];
  /** Left in the type of the file: for tables, of which a run widens the few rows that it looks up. */
  readonly isAsStored?: boolean;
}

const floatTypes = new Set<ElementType>(['float64', 'float32', 'float16', 'bfloat16']);

export interface WeightOptions {
  readonly prefix?: string;
  /** Matrices that layers take in place of the stored ones, by their full names (`quantizeMatrices`). */
  readonly quantized?: ReadonlyMap<string, BlockMatrix>;
}

/** The weights of a checkpoint. */
export function weightsOf(checkpoint: Checkpoint, options: WeightOptions = {}): WeightScope {
  const { prefix = '', quantized } = options;
  const fail = (name: string, wanted: string, found: string): never => {
    throw new SpeechTokensError('checkpoint-invalid', {
      problem: `The checkpoint ${checkpoint.path} does not fit this model at the tensor ${prefix}${name}`,
      found,
      wanted,
      remedy: 'Use a checkpoint of this model family whose config.json belongs to its weights',
      details: { path: checkpoint.path, tensor: prefix + name },
    });
  };
  const find = (name: string, wanted: string): CheckpointTensor =>
    checkpoint.tensors.get(prefix + name) ??
    fail(name, wanted, checkpoint.unusable?.get(prefix + name) ?? 'no tensor of this name');
  return {
    scope: (name) => weightsOf(checkpoint, { ...options, prefix: `${prefix}${name}.` }),
    has: (name) => checkpoint.tensors.has(prefix + name) || (checkpoint.unusable?.has(prefix + name) ?? false),
    shapeOf: (name) => find(name, 'a tensor').shape,
    tensor(g, name, shape, { rows, isAsStored = false } = {}) {
      const wanted = `a float tensor of shape [${shape.join(', ')}]`;
      const found = find(name, wanted);
      const fits = found.shape.length === shape.length && found.shape.every((size, axis) => size === shape[axis]);
      if (!fits || !floatTypes.has(found.elementType)) {
        return fail(name, wanted, `${found.elementType} [${found.shape.join(', ')}]`);
      }
      const [first, end] = rows ?? [0, shape[0] ?? 1];
      const rowBytes = rows === undefined ? 0 : found.sizeBytes / shape[0]!;
      const stored = g.initializer({
        name: prefix + name + (rows === undefined ? '' : `[${first}:${end}]`),
        elementType: found.elementType,
        shape: rows === undefined ? shape : [end - first, ...shape.slice(1)],
        data: {
          location: relative(checkpoint.directory, found.path).split(sep).join('/'),
          offsetBytes: found.offsetBytes + first * rowBytes,
          sizeBytes: rows === undefined ? found.sizeBytes : (end - first) * rowBytes,
        },
      });
      return isAsStored ? stored : cast(g, stored, 'float32');
    },
    blocks: (name) => quantized?.get(prefix + name),
  };
}
