import type { PcmChunk } from '@speech-tokens/core';
import { sampleCountOf } from '@speech-tokens/core';
import type { FrameClock } from '../session/frame-clock.ts';
import { createPlaybackCursor, type PlaybackCursor } from '../session/playback-cursor.ts';
import type { Interruption, UserTurn } from './turn-types.ts';

/** The answer to a turn, from the turn's end until it was heard. */
export class Answer {
  readonly turn: UserTurn;
  readonly #stop = new AbortController();
  readonly #cursor: PlaybackCursor;
  /** Steps of the model's session before the first frame. */
  sessionSteps: number | undefined;
  toolCallCount = 0;
  #firstSample: number | undefined;
  #isGivenOut = false;

  constructor(turn: UserTurn, clock: FrameClock, rateHz: number) {
    this.turn = turn;
    this.#cursor = createPlaybackCursor(clock, rateHz);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether all of it was given out and played. */
  get isHeard(): boolean {
    return this.#isGivenOut && this.#cursor.playedSamples === this.#cursor.deliveredSamples;
  }

  /** Sound with positions from the answer's first sample. */
  placed(chunk: PcmChunk): PcmChunk {
    this.#firstSample ??= chunk.startSample;
    return { ...chunk, startSample: chunk.startSample - this.#firstSample };
  }

  deliver(chunk: PcmChunk): void {
    this.#cursor.deliver(chunk);
  }

  givenOut(): void {
    this.#isGivenOut = true;
  }

  played(samples: number): void {
    this.#cursor.played(samples);
  }

  interrupt(reason: unknown): Interruption {
    const droppedSamples = this.#cursor.interrupt();
    const { playedSamples, heardSteps, begunSteps } = this.#cursor;
    this.#stop.abort(reason);
    return { turn: this.turn.index, playedSamples, droppedSamples, heardSteps, begunSteps };
  }
}

/** Chunks that have sound. */
export function audible(chunks: readonly PcmChunk[]): readonly PcmChunk[] {
  return chunks.filter((chunk) => sampleCountOf(chunk) > 0);
}
