import { relative, sep } from 'node:path';
import { SpeechTokensError } from '@speech-tokens/core';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { GraphTensor } from '../graph/graph-types.ts';
import { cast } from '../ops/matrix.ts';
import type { Checkpoint } from './checkpoint.ts';

/** The weights below one prefix of a checkpoint, as a layer sees them. */
export interface WeightScope {
  /** The weights of a part: `scope('decoder').scope('head')` reads `decoder.head.…`. */
  scope(name: string | number): WeightScope;
  /**
   * A weight as a float32 tensor of the graph. It stays where it lies in the checkpoint; the runtime reads and
   * widens it when the graph is loaded.
   * @throws SpeechTokensError `checkpoint-invalid` when it is absent or of another shape, with both shapes
   */
  tensor(g: GraphBuilder, name: string, shape: readonly number[]): GraphTensor;
}

const floatTypes = new Set(['float32', 'float16', 'bfloat16']);

export function weightsOf(checkpoint: Checkpoint, prefix = ''): WeightScope {
  return {
    scope: (name) => weightsOf(checkpoint, `${prefix}${name}.`),
    tensor(g, name, shape) {
      const fullName = prefix + name;
      const found = checkpoint.tensors.get(fullName);
      const wanted = `a float tensor of shape [${shape.join(', ')}]`;
      const fail = (what: string): never => {
        throw new SpeechTokensError('checkpoint-invalid', {
          problem: `The checkpoint ${checkpoint.path} does not fit this model at the tensor ${fullName}`,
          found: what,
          wanted,
          remedy: 'Use a checkpoint of this model family whose config.json belongs to its weights',
          details: { path: checkpoint.path, tensor: fullName },
        });
      };
      if (found === undefined) return fail('no tensor of this name');
      const fits = found.shape.length === shape.length && found.shape.every((size, axis) => size === shape[axis]);
      if (!fits || !floatTypes.has(found.elementType)) return fail(`${found.elementType} [${found.shape.join(', ')}]`);
      const stored = g.initializer({
        name: fullName,
        elementType: found.elementType,
        shape,
        data: {
          location: relative(checkpoint.directory, found.path).split(sep).join('/'),
          offsetBytes: found.offsetBytes,
          sizeBytes: found.sizeBytes,
        },
      });
      return cast(g, stored, 'float32');
    },
  };
}
