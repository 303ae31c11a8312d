import {
  alignmentSamples,
  type DetokenizerWindow,
  type SpeechDetokenizerV1,
  SpeechTokensError,
} from '@speech-tokens/core';

/** A window that was checked, in the frames and samples of a detokenizer. */
export interface CheckedWindow {
  readonly blockFrames: readonly number[];
  readonly lookaheadFrames: number;
  readonly leftContextFrames: number;
  readonly overlapSamples: number;
  /** Samples of a frame, at the token space's rate. */
  readonly frameSamples: number;
  /** Samples of its sound, at its own rate. */
  readonly frameSoundSamples: number;
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkWindow(detokenizer: SpeechDetokenizerV1, window: DetokenizerWindow): CheckedWindow {
  const { tokenSpace, audioFormat } = detokenizer;
  const { blockFrames, lookaheadFrames = 0, leftContextFrames = 0, overlapSamples = 0 } = window;
  const frameSamples = alignmentSamples(tokenSpace);
  if (frameSamples === undefined || tokenSpace.durations !== undefined || tokenSpace.segments !== undefined) {
    throw invalid('Such tokens cannot be cut into windows', tokenSpace.id, 'ids that each last one frame');
  }
  const frameSoundSamples = (frameSamples * audioFormat.sampleRateHz) / tokenSpace.sampleRateHz;
  if (!Number.isInteger(frameSoundSamples)) {
    throw invalid('A frame is no whole number of samples', `${frameSoundSamples}`, 'rates that divide evenly');
  }
  const isCount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
  if (blockFrames.length === 0 || !blockFrames.every((frames) => isCount(frames, 1))) {
    throw invalid('The blocks are out of range', `[${blockFrames.join(', ')}]`, 'lengths of at least 1 frame');
  }
  if (!isCount(lookaheadFrames, 0))
    throw invalid('lookaheadFrames is out of range', `${lookaheadFrames}`, 'an integer from 0');
  if (!isCount(leftContextFrames, 0) && leftContextFrames !== Number.POSITIVE_INFINITY) {
    throw invalid('leftContextFrames is out of range', `${leftContextFrames}`, 'an integer from 0, or Infinity');
  }
  const most = Math.min(lookaheadFrames, ...blockFrames) * frameSoundSamples;
  if (!isCount(overlapSamples, 0) || overlapSamples > most) {
    throw invalid('overlapSamples is out of range', `${overlapSamples}`, `0 to ${most}, as far as there is look-ahead`);
  }
  return { blockFrames, lookaheadFrames, leftContextFrames, overlapSamples, frameSamples, frameSoundSamples };
}

function invalid(problem: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  const remedy = "Take the window from the model's own streaming code";
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument: 'window' } });
}
