import type { SpaceShape } from '../family/codec-family.ts';
import { residualSpace } from '../family/residual-space.ts';

/** The token spaces of the authors' weights, but for their ids. */
export const encodec24kHzSpace: SpaceShape = residualSpace({
  sampleRateHz: 24_000,
  hopSamples: 320,
  codebookCount: 32,
  codebookSize: 1_024,
});

export const encodec48kHzSpace: SpaceShape & Required<Pick<SpaceShape, 'segments'>> = {
  ...residualSpace({ sampleRateHz: 48_000, hopSamples: 320, codebookCount: 16, codebookSize: 1_024 }),
  segments: { lengthSamples: 48_000, strideSamples: 47_520 },
};
