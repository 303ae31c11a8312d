import type { GraphSession } from '@speech-tokens/onnx-graph';
import type { FrameHead } from './frame-head.ts';

export interface StepwiseHeadParts {
  /** The stream that the backbone's own logits are for. */
  readonly first: number;
  /**
   * A graph for each further slot, with inputs `hidden` of the backbone and `id` `[1, 1]` of the slot before, and output
   * `logits`. Their states are the same tensors: what one writes, the next reads.
   */
  readonly steps: readonly GraphSession[];
  /** Streams of the further slots. */
  readonly streams: readonly number[];
}

/**
 * A depth transformer that has weights of its own for each slot. Source: Défossez et al., "Moshi", 2024;
 * kyutai-labs/moshi, moshi/moshi/models/lm.py, `depformer_step`.
 */
export function stepwiseHead({ first, steps, streams }: StepwiseHeadParts): FrameHead {
  return {
    open() {
      const state = steps[0]!.createState();
      return {
        async fill({ hidden, logits }, chosen, choose, signal) {
          let id = await choose({ stream: first }, logits);
          chosen[first] = id;
          const given = { values: hidden, shape: [1, hidden.length] };
          for (const [k, step] of steps.entries()) {
            signal?.throwIfAborted();
            const stream = streams[k]!;
            const before = { values: Int32Array.of(id), shape: [1, 1] };
            const scores = await step.run({ hidden: given, id: before }, state);
            id = await choose({ stream }, scores['logits'] as Float32Array);
            chosen[stream] = id;
          }
        },
      };
    },
    async close() {
      await Promise.all(steps.map((step) => step.close()));
    },
  };
}
