import type { Decoder } from '../backbone/decoder.ts';
import type { FrameHead } from './frame-head.ts';

export interface PatchHeadParts {
  /** The stream that the backbone's own logits are for, chosen first; none where absent. */
  readonly first?: number;
  /**
   * A decoder over the frames of one patch, which takes vectors and has a column of ids for each codebook: its first row is
   * the backbone's hidden state without ids, each further one the ids of the frame before. Its logits are those of all
   * codebooks of the next frame, one after the other.
   */
  readonly decoder: Decoder;
  /** The first row of the decoder's table for ids of each codebook. */
  readonly firstRows: readonly number[];
  /** How many logits each codebook has. */
  readonly vocabularySizes: readonly number[];
  /** Streams of each frame's codebooks, frame by frame. */
  readonly frames: readonly (readonly number[])[];
}

/**
 * Several frames at one step of the backbone: a transformer over time within the patch, whose codebooks are chosen
 * independently of each other. Source: OpenMOSS, SpeechGPT-2.0-preview, its local transformer.
 */
export function patchHead({ first, decoder, firstRows, vocabularySizes, frames }: PatchHeadParts): FrameHead {
  return {
    open() {
      const sequence = decoder.createSequence();
      return {
        async fill({ hidden, logits }, chosen, choose, signal) {
          if (first !== undefined) chosen[first] = await choose({ stream: first }, logits);
          sequence.rollback(0);
          const none = new Float32Array(hidden.length);
          let ids = new Int32Array(firstRows.length).fill(-1);
          for (const [frame, streams] of frames.entries()) {
            signal?.throwIfAborted();
            const { logits: scores } = await sequence.run(ids, frame === 0 ? hidden : none);
            ids = new Int32Array(firstRows.length);
            let start = 0;
            for (const [k, stream] of streams.entries()) {
              const end = start + vocabularySizes[k]!;
              const id = await choose({ stream }, scores.subarray(start, end));
              chosen[stream] = id;
              ids[k] = firstRows[k]! + id;
              start = end;
            }
          }
        },
      };
    },
    close: () => decoder.close(),
  };
}
