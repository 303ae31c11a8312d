import type { GraphSession } from '@speech-tokens/onnx-graph';
import type { Decoder } from '../backbone/decoder.ts';
import type { FrameHead } from './frame-head.ts';

export interface DepthHeadParts {
  /**
   * A decoder over the slots of one frame, which takes vectors: its first row is the backbone's hidden state, each
   * further one the id before. It is the same for all slots.
   */
  readonly decoder: Decoder;
  /** From its hidden state to logits, a graph with input `hidden` and output `logits` for each slot after the first. */
  readonly heads: readonly GraphSession[];
  /** The first row of the decoder's table for ids of each slot. */
  readonly firstRows: readonly number[];
  /** Streams of the slots, the first of which the backbone's own logits are for. */
  readonly streams: readonly number[];
}

/**
 * A transformer over the codebooks of a frame: the backbone chooses the first id, each further one depends on all before
 * it. Source: Sesame, CSM; huggingface/transformers, models/csm/generation_csm.py.
 */
export function depthHead({ decoder, heads, firstRows, streams }: DepthHeadParts): FrameHead {
  return {
    open() {
      const sequence = decoder.createSequence();
      const states = heads.map((head) => head.createState());
      return {
        async fill({ hidden, logits }, chosen, choose, signal) {
          const put = async (slot: number, scores: Float32Array): Promise<number> => {
            const stream = streams[slot]!;
            const id = await choose({ stream }, scores);
            chosen[stream] = id;
            return firstRows[slot]! + id;
          };
          const vectors = new Float32Array(2 * hidden.length);
          vectors.set(hidden);
          const none = vectors.subarray(hidden.length);
          let row = await put(0, logits);
          sequence.rollback(0);
          for (const [i, head] of heads.entries()) {
            signal?.throwIfAborted();
            const { hidden: inner } =
              i === 0
                ? await sequence.run(Int32Array.of(-1, row), vectors)
                : await sequence.run(Int32Array.of(row), none);
            const scores = await head.run({ hidden: { values: inner, shape: [1, inner.length] } }, states[i]!);
            row = await put(i + 1, scores['logits'] as Float32Array);
          }
        },
      };
    },
    async close() {
      await Promise.all([decoder.close(), ...heads.map((head) => head.close())]);
    },
  };
}
