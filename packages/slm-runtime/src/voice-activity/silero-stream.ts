import {
  assertContinues,
  type CallOptions,
  isCount,
  joined,
  ownChunk,
  type PcmChunk,
  type PlainData,
  type StreamMachine,
} from '@speech-tokens/core';
import type { OnnxFile } from '@speech-tokens/onnx-graph';
import { type SpeechBoundary, SpeechDetector } from './speech-detector.ts';
import type { DetectorSettings } from './voice-activity-settings.ts';

/** What the model takes: windows of 512 samples at 16 kHz, each with the last 64 of the one before. */
export const silero = { sampleRateHz: 16_000, windowSamples: 512, contextSamples: 64, stateValues: 256 } as const;

const format = { sampleRateHz: silero.sampleRateHz, channelCount: 1 };

interface Place {
  /** Samples that were pushed. */
  pushed: number;
  /** Those of them that make no window yet. */
  held: Float32Array;
  /** The end of the last window. */
  context: Float32Array;
  /** Of the model's LSTM: `[2, 1, 128]`. */
  state: Float32Array;
}

/** One stream of sound through Silero's model. Source: snakers4/silero-vad, src/silero_vad/utils_vad.py, `OnnxWrapper`. */
export class SileroStream implements StreamMachine<PcmChunk, SpeechBoundary> {
  readonly #model: OnnxFile;
  readonly #detector: SpeechDetector;
  readonly #onProbability: ((probability: number) => void) | undefined;
  #at: Place = start();

  constructor(model: OnnxFile, settings: DetectorSettings, onProbability?: (probability: number) => void) {
    this.#model = model;
    this.#detector = new SpeechDetector(settings);
    this.#onProbability = onProbability;
  }

  accept(chunk: PcmChunk): PcmChunk {
    return ownChunk(chunk, format);
  }

  async push(chunk: PcmChunk, { signal }: CallOptions): Promise<readonly SpeechBoundary[]> {
    const at = this.#at;
    assertContinues('audio', chunk.startSample, at.pushed);
    const samples = joined([at.held, chunk.channels[0]!]);
    const boundaries: SpeechBoundary[] = [];
    let from = 0;
    for (; from + silero.windowSamples <= samples.length; from += silero.windowSamples) {
      signal?.throwIfAborted();
      const probability = await this.#run(samples.subarray(from, from + silero.windowSamples));
      boundaries.push(...this.#detector.judge(probability, silero.windowSamples));
    }
    at.pushed += chunk.channels[0]!.length;
    at.held = samples.slice(from);
    return boundaries;
  }

  /** The last window is filled up with silence, as the authors do. */
  async flush(): Promise<readonly SpeechBoundary[]> {
    const { held } = this.#at;
    const boundaries: SpeechBoundary[] = [];
    if (held.length > 0) {
      const window = new Float32Array(silero.windowSamples);
      window.set(held);
      boundaries.push(...this.#detector.judge(await this.#run(window), held.length));
    }
    return [...boundaries, ...this.#detector.finish()];
  }

  reset(): void {
    this.#at = start();
    this.#detector.reset();
  }

  save(): PlainData {
    const { pushed, held, context, state } = this.#at;
    return {
      pushed,
      held: held.slice(),
      context: context.slice(),
      state: state.slice(),
      detector: this.#detector.save(),
    };
  }

  restore(data: PlainData): boolean {
    const { pushed, held, context, state, detector } = (data ?? {}) as Partial<Place> & {
      readonly detector?: PlainData;
    };
    const isFull = (values: unknown, length: number): values is Float32Array =>
      values instanceof Float32Array && values.length === length;
    if (!isCount(pushed) || !(held instanceof Float32Array) || held.length >= silero.windowSamples) return false;
    if (!isFull(context, silero.contextSamples) || !isFull(state, silero.stateValues)) return false;
    if (!this.#detector.restore(detector)) return false;
    this.#at = { pushed, held: held.slice(), context: context.slice(), state: state.slice() };
    return true;
  }

  /** The probability of speech in a window. */
  async #run(window: Float32Array): Promise<number> {
    const at = this.#at;
    const values = new Float32Array(silero.contextSamples + silero.windowSamples);
    values.set(at.context);
    values.set(window, silero.contextSamples);
    const { output, stateN } = await this.#model.run({
      input: { values, shape: [1, values.length] },
      state: { values: at.state, shape: [2, 1, 128] },
      sr: { values: Int32Array.of(silero.sampleRateHz), shape: [] },
    });
    at.state = stateN!.values as Float32Array;
    at.context = values.slice(-silero.contextSamples);
    const probability = output!.values[0]!;
    this.#onProbability?.(probability);
    return probability;
  }
}

function start(): Place {
  return {
    pushed: 0,
    held: new Float32Array(0),
    context: new Float32Array(silero.contextSamples),
    state: new Float32Array(silero.stateValues),
  };
}
