import type { FrameHead } from './frame-head.ts';

/** Streams whose logits lie one after the other in those of the backbone, and are chosen independently of each other. */
export function parallelHead(
  slots: readonly { readonly stream: number; readonly vocabularySize: number }[],
): FrameHead {
  return {
    open: () => ({
      async fill({ logits }, chosen, choose) {
        let first = 0;
        for (const { stream, vocabularySize } of slots) {
          chosen[stream] = await choose({ stream }, logits.subarray(first, first + vocabularySize));
          first += vocabularySize;
        }
      },
    }),
    close: async () => {},
  };
}
