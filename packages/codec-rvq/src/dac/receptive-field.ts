import type { DacConfig } from './dac-config.ts';

/** Dilations of the three residual units of a block; each unit has 7 taps. */
export const unitDilations: readonly number[] = [1, 3, 9];

/** Samples on either side that the three units of a block see. */
const unitsReach = unitDilations.reduce((sum, dilation) => sum + 3 * dilation, 0);

/** What the strided layers leave out at the start: of 2 · stride taps. */
export function strideTrim(stride: number): number {
  return Math.ceil(stride / 2);
}

/** Samples before and after a frame that the encoder sees to code it, at most; frames before and after for its latents. */
export function encoderReachSamples({ strides }: DacConfig): number {
  // From the last layer (3 taps) back to the first (7 taps). Of a strided layer, the result n places before a wanted one
  // starts n · stride samples before it; what is left out at the start comes in addition. At the end it is no more.
  let reach = 1;
  for (const stride of strides.toReversed()) reach = reach * stride + strideTrim(stride) + unitsReach;
  return reach + 3;
}

/** Context that the parts of the decoder need on either side of the samples that are wanted. */
export interface DecoderReach {
  /** Frames of latents. */
  readonly frames: number;
  /** For each block, samples at its own rate before and after its upsampling. */
  readonly blocks: readonly { readonly before: number; readonly after: number }[];
  /** Samples before the last layer (7 taps). */
  readonly samples: number;
}

export function decoderReach({ strides }: DacConfig): DecoderReach {
  const samples = 3;
  const blocks: { readonly before: number; readonly after: number }[] = [];
  let reach = samples;
  for (const stride of strides) {
    // The decoder's blocks from last to first. A sample of the result comes from two of the input.
    const after = reach + unitsReach;
    reach = Math.ceil((after + strideTrim(stride)) / stride) + 1;
    blocks.unshift({ before: reach, after });
  }
  return { frames: reach + 3, blocks, samples };
}
