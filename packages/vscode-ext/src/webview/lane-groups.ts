import type { LaneGroup, WaveformLane } from '@speech-tokens/token-view';
import { type EditorState, mutingOf, type TokensFound } from '../document/index.ts';
import type { Difference } from '../inference/index.ts';
import { t } from '../texts/index.ts';
import type { TokensSoFar } from './coming-tokens.ts';

/**
 * The lanes of some tokens, with what can be muted where all of them are there, and above them the difference of the recording
 * and what was decoded.
 */
export function laneGroup(
  tokens: TokensFound | TokensSoFar,
  state: EditorState,
  difference: Difference | undefined,
): LaneGroup {
  const { title, about, lanes } = tokens;
  const muting = 'codebookCount' in tokens ? mutingOf(state, tokens) : undefined;
  return {
    title,
    about,
    lanes,
    ...(difference === undefined || !state.showsDifference ? {} : { waveform: differenceLane(difference) }),
    ...(muting === undefined ? {} : { muting }),
  };
}

function differenceLane({ sound, peaks, levelDb }: Difference): WaveformLane {
  const level = Number.isFinite(levelDb) ? `${levelDb.toFixed(1)} dB` : levelDb < 0 ? t('none') : t('of silence');
  return {
    label: t('difference, {0}', level),
    peaks,
    samplesIn: (start, end) => sound.channels.map((samples) => samples.subarray(start, end)),
  };
}
