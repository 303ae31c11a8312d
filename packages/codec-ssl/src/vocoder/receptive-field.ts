import type { VocoderConfig } from './vocoder-config.ts';

/** Taps of the first and the last convolution. */
export const outerKernel = 7;
const outerReach = (outerKernel - 1) / 2;

/** Context that the parts of a vocoder need on either side of what is wanted. */
export interface VocoderReach {
  /** Frames of units. */
  readonly frames: number;
  /** For each level, samples at its own rates before and after its upsampling. */
  readonly levels: readonly { readonly before: number; readonly after: number }[];
  /** Samples before the last convolution. */
  readonly samples: number;
}

export function vocoderReach({ levels, blocks }: Pick<VocoderConfig, 'levels' | 'blocks'>): VocoderReach {
  const blockReach = Math.max(
    ...blocks.map(({ kernel, dilations }) =>
      dilations.reduce((sum, dilation) => sum + ((kernel - 1) / 2) * (dilation + 1), 0),
    ),
  );
  const found: { readonly before: number; readonly after: number }[] = [];
  let reach = outerReach;
  for (const { stride, kernel } of levels.toReversed()) {
    const after = reach + blockReach;
    // Sample n of the result is made of the inputs from ⌈(n + trim − kernel + 1) / stride⌉ on.
    const trim = (kernel - stride) / 2;
    reach = Math.ceil((after + kernel - 1 - trim) / stride);
    found.unshift({ before: reach, after });
  }
  return { frames: reach + outerReach, levels: found, samples: outerReach };
}
