import { type PcmChunk, SpeechTokensError } from '@speech-tokens/core';
import type { FrameClock } from './frame-clock.ts';

/**
 * What of an answer was really heard: one stream of sound, whose first sample belongs to the answer's first step. Counts
 * are of the sound itself, without gaps that a player had to fill. The next answer has a cursor of its own.
 */
export interface PlaybackCursor {
  /** A chunk was handed to the player. Chunks follow each other. */
  deliver(chunk: PcmChunk): void;
  /** The player has played so many samples, at the rate of the sound, since the start of the stream. It never falls. */
  played(samples: number): void;
  readonly deliveredSamples: number;
  readonly playedSamples: number;
  /** Steps of the model whose sound was heard to the end: a model rolled back to here has said what was heard. */
  readonly heardSteps: number;
  /** Steps of which at least a sample was heard: a model rolled back to here has said no less than what was heard. */
  readonly begunSteps: number;
  /**
   * The player was emptied: what it had not played will not be heard. Nothing more of this answer is taken.
   * @returns how many samples were dropped
   */
  interrupt(): number;
}

/**
 * @param rateHz of the sound
 * @throws SpeechTokensError in its calls: `audio-format` (another rate), `stream-order`, `session-closed` (interrupted),
 * `argument-invalid` (more played than delivered)
 */
export function createPlaybackCursor(clock: FrameClock, rateHz: number): PlaybackCursor {
  let deliveredSamples = 0;
  let playedSamples = 0;
  let isInterrupted = false;
  return {
    deliver({ sampleRateHz, startSample, channels }) {
      if (isInterrupted) {
        throw new SpeechTokensError('session-closed', {
          problem: 'The answer was interrupted',
          remedy: 'Drop what was made of it, and begin the next answer with a cursor of its own',
          details: {},
        });
      }
      if (sampleRateHz !== rateHz) {
        throw new SpeechTokensError('audio-format', {
          problem: 'The sound has another rate than the cursor',
          found: `${sampleRateHz} Hz`,
          wanted: `${rateHz} Hz`,
          remedy: 'Resample it, or make the cursor for this rate',
          details: {},
        });
      }
      if (startSample !== deliveredSamples) {
        throw new SpeechTokensError('stream-order', {
          problem: 'The sound does not go on where it ended',
          found: `a start at sample ${startSample}`,
          wanted: `sample ${deliveredSamples}`,
          remedy: 'Deliver all chunks of one answer, in order',
          details: { foundStartSample: startSample, wantedStartSample: deliveredSamples },
        });
      }
      deliveredSamples += channels[0]?.length ?? 0;
    },
    played(samples) {
      if (!Number.isSafeInteger(samples) || samples < playedSamples || samples > deliveredSamples) {
        throw new SpeechTokensError('argument-invalid', {
          problem: 'The player cannot have played this',
          found: `${samples} samples`,
          wanted: `${playedSamples} to ${deliveredSamples}`,
          remedy: 'Count the samples of the chunks that were delivered, and no silence between them',
          details: { argument: 'samples' },
        });
      }
      playedSamples = samples;
    },
    get deliveredSamples() {
      return deliveredSamples;
    },
    get playedSamples() {
      return playedSamples;
    },
    get heardSteps() {
      return clock.wholeSteps(playedSamples, rateHz);
    },
    get begunSteps() {
      return clock.begunSteps(playedSamples, rateHz);
    },
    interrupt() {
      const dropped = deliveredSamples - playedSamples;
      deliveredSamples = playedSamples;
      isInterrupted = true;
      return dropped;
    },
  };
}
