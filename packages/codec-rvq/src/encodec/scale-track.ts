import { type SideTrack, SpeechTokensError, type TokenGrid, type TokenSpace } from '@speech-tokens/core';

/** Name of the side track with the loudness that each segment was divided by. */
const scaleTrackName = 'scale';

/** One value per segment. */
export function scaleTrackShape({ segments }: TokenSpace): Omit<SideTrack, 'values'> {
  return { name: scaleTrackName, hopSamples: segments!.strideSamples, valuesPerFrame: 1 };
}

/**
 * The scales of a grid's segments.
 * @throws SpeechTokensError `token-grid-invalid` where the grid carries none
 */
export function scalesOf(grid: TokenGrid): Float32Array {
  const { hopSamples } = scaleTrackShape(grid.tokenSpace);
  const track = grid.sideTracks?.find(({ name }) => name === scaleTrackName);
  if (track !== undefined && track.hopSamples === hopSamples && track.valuesPerFrame === 1) return track.values;
  throw new SpeechTokensError('token-grid-invalid', {
    problem: 'The grid does not say how loud its segments are',
    found:
      track === undefined
        ? `no side track ${scaleTrackName}`
        : `${track.valuesPerFrame} values every ${track.hopSamples} samples`,
    wanted: `a side track ${scaleTrackName} with 1 value every ${hopSamples} samples`,
    remedy: 'Keep the side tracks that the tokenizer gives with its tokens',
    details: {},
  });
}
