import type { PcmChunk, StreamSession } from '@speech-tokens/core';
import type { SpeechBoundary } from '../voice-activity/speech-detector.ts';
import type { TurnRecorder } from './turn-recorder.ts';

/** What the user does: begins to speak, or has spoken a turn. */
export type UserBoundary =
  | { readonly kind: 'speechStart'; readonly sample: number }
  | { readonly kind: 'speechEnd'; readonly sample: number; readonly audio: PcmChunk };

export interface UserTurnsOptions {
  readonly recorder: TurnRecorder;
  /** Finds the turns; without it the host says them. */
  readonly detector?: StreamSession<PcmChunk, SpeechBoundary>;
  /** How much later than its sound a boundary may be found. */
  readonly latencySamples: number;
  /** The longest turn: what goes on after it is the next one. */
  readonly longestSamples: number;
}

/** Cuts what the microphone hears into the user's turns. */
export class UserTurns {
  readonly #options: UserTurnsOptions;

  constructor(options: UserTurnsOptions) {
    this.#options = options;
  }

  /** Takes sound over. */
  async push(samples: Float32Array): Promise<readonly UserBoundary[]> {
    const { recorder, detector, latencySamples } = this.#options;
    const chunk = recorder.append(samples);
    const found = ((await detector?.push(chunk)) ?? []).flatMap((boundary) => this.#take(boundary));
    // An end before this sample would have been found by now.
    return [...found, ...this.#cut(recorder.heardSamples - latencySamples)];
  }

  /** The host says that a turn begins here. */
  begin(): readonly UserBoundary[] {
    const { recorder } = this.#options;
    return recorder.turnFrom === undefined ? this.#take({ kind: 'speechStart', sample: recorder.heardSamples }) : [];
  }

  /** The host says that the turn ends here. */
  end(): readonly UserBoundary[] {
    const { recorder } = this.#options;
    return recorder.turnFrom === undefined ? [] : this.#take({ kind: 'speechEnd', sample: recorder.heardSamples });
  }

  /** Nothing more is heard: a turn that goes on ends here. */
  async flush(): Promise<readonly UserBoundary[]> {
    const { detector } = this.#options;
    return detector === undefined ? this.end() : (await detector.flush()).flatMap((boundary) => this.#take(boundary));
  }

  async close(): Promise<void> {
    await this.#options.detector?.close();
  }

  #take({ kind, sample }: SpeechBoundary): readonly UserBoundary[] {
    const { recorder } = this.#options;
    if (kind === 'speechEnd') return [...this.#cut(sample), { kind, sample, audio: recorder.finish(sample) }];
    recorder.begin(sample);
    return [{ kind, sample }];
  }

  /** Ends turns that have become too long, as far as they end before this sample. */
  #cut(before: number): readonly UserBoundary[] {
    const { recorder, longestSamples } = this.#options;
    const cuts: UserBoundary[] = [];
    while (recorder.turnFrom !== undefined && recorder.turnFrom + longestSamples < before) {
      const sample = recorder.turnFrom + longestSamples;
      cuts.push({ kind: 'speechEnd', sample, audio: recorder.finish(sample) }, { kind: 'speechStart', sample });
      recorder.begin(sample);
    }
    return cuts;
  }
}
