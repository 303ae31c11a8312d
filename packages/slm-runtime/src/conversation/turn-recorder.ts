import { joined, type PcmChunk, sampleCountOf } from '@speech-tokens/core';

/** Keeps what the microphone hears as long as it may belong to a turn. */
export class TurnRecorder {
  readonly #keepSamples: number;
  readonly #sampleRateHz: number;
  #pieces: PcmChunk[] = [];
  #heardSamples = 0;
  #turnFrom: number | undefined;

  /** @param keepSamples how far back the start of a turn may lie */
  constructor(sampleRateHz: number, keepSamples: number) {
    this.#sampleRateHz = sampleRateHz;
    this.#keepSamples = keepSamples;
  }

  get heardSamples(): number {
    return this.#heardSamples;
  }

  /** Where the turn that goes on begins, if there is one. */
  get turnFrom(): number | undefined {
    return this.#turnFrom;
  }

  /** Takes sound over. @returns it with its place */
  append(samples: Float32Array): PcmChunk {
    this.#forget();
    const chunk = { sampleRateHz: this.#sampleRateHz, startSample: this.#heardSamples, channels: [samples] };
    this.#pieces.push(chunk);
    this.#heardSamples += samples.length;
    return chunk;
  }

  begin(sample: number): void {
    this.#turnFrom = sample;
  }

  /** The sound of the turn, up to this sample. */
  finish(sample: number): PcmChunk {
    const from = Math.max(this.#turnFrom ?? sample, this.#pieces[0]?.startSample ?? 0);
    this.#turnFrom = undefined;
    const parts = this.#pieces.map(({ startSample, channels }) =>
      channels[0]!.subarray(Math.max(0, from - startSample), Math.max(0, sample - startSample)),
    );
    const samples = joined([new Float32Array(0), ...parts]).slice();
    return { sampleRateHz: this.#sampleRateHz, startSample: from, channels: [samples] };
  }

  #forget(): void {
    const from = Math.min(this.#turnFrom ?? Number.POSITIVE_INFINITY, this.#heardSamples - this.#keepSamples);
    this.#pieces = this.#pieces.filter((piece) => piece.startSample + sampleCountOf(piece) > from);
  }
}
