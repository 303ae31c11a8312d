import type { SpaceShape } from './codec-family.ts';

/** The space of a residual quantizer whose codebooks share one size and one hop. */
export function residualSpace(shape: {
  readonly sampleRateHz: number;
  readonly hopSamples: number;
  readonly codebookCount: number;
  readonly codebookSize: number;
}): SpaceShape {
  return {
    sampleRateHz: shape.sampleRateHz,
    codebooks: Array.from({ length: shape.codebookCount }, (_, k) => ({
      name: `codebook-${k}`,
      size: shape.codebookSize,
      hopSamples: shape.hopSamples,
    })),
    prefixDecodable: true,
  };
}
