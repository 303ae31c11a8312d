import {
  type CallOptions,
  createStreamSession,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type StreamMachine,
  takeCodebooks,
  type TokenGrid,
  validateTokenGrid,
} from '@speech-tokens/core';
import {
  amplitudeOf,
  assertOpen,
  bandCount,
  bandEdgesHz,
  checkCodebookCount,
  checkOrder,
  hopSamples,
  pause,
  sampleRateHz,
  tokenSpace,
} from './bands.ts';

/** One sine a band, as loud as the band was: a robot's voice, but one that can be understood. */
export function createBandDetokenizer(): SpeechDetokenizerV1 {
  let isClosed = false;
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat: { sampleRateHz, channelCount: 1 },
    async detokenize(grid, { codebookCount, ...options } = {}) {
      options.signal?.throwIfAborted();
      assertOpen(isClosed);
      const stream = createStream(codebookCount);
      const [chunk] = await stream.push({ ...stream.accept(grid), startSample: 0 }, options);
      return { sampleRateHz, channels: chunk?.channels ?? [new Float32Array(0)] };
    },
    streaming: {
      latencySamples: hopSamples,
      async open({ codebookCount, state } = {}) {
        assertOpen(isClosed);
        checkCodebookCount(codebookCount, bandCount);
        return createStreamSession(createStream(codebookCount), {
          writtenBy: `detokenizer ${tokenSpace.id}`,
          formatVersion: 1,
          state,
          isClosed: () => isClosed,
        });
      },
    },
    async close() {
      isClosed = true;
    },
  };
}

function createStream(codebookCount: number | undefined): StreamMachine<TokenGrid, PcmChunk> {
  /** How loud each band was at the end of the last frame: the next one starts from there, without a click. */
  let loudness: Float64Array = new Float64Array(bandCount);
  let nextSample = 0;

  const synthesize = async (grid: TokenGrid, { signal, onProgress }: CallOptions): Promise<Float32Array> => {
    const samples = new Float32Array(grid.sampleCount);
    for (let frame = 0; frame * hopSamples < samples.length; frame++) {
      if (frame % 50 === 0) await pause(signal);
      const target = Float64Array.from({ length: bandCount }, (_, band) => {
        const level = grid.tracks[band]?.ids[frame];
        return level === undefined ? 0 : amplitudeOf(level);
      });
      addFrame(samples.subarray(frame * hopSamples, (frame + 1) * hopSamples), nextSample, loudness, target);
      loudness = target;
      nextSample += Math.min(hopSamples, samples.length - frame * hopSamples);
      onProgress?.({ stage: 'Sounding bands', done: frame + 1, unit: 'frames' });
    }
    return samples;
  };

  return {
    accept(grid) {
      validateTokenGrid(grid, { tokenSpace });
      const fewer = takeCodebooks(grid, checkCodebookCount(codebookCount, grid.tracks.length));
      return { ...fewer, tracks: fewer.tracks.map(({ ids }) => ({ ids: ids.slice() })) };
    },
    async push(grid, options) {
      checkOrder(grid.startSample, nextSample);
      if (grid.sampleCount === 0) return [];
      return [{ sampleRateHz, startSample: grid.startSample, channels: [await synthesize(grid, options)] }];
    },
    // Every frame is sound as soon as it is pushed: nothing is held back.
    flush: async () => [],
    reset() {
      loudness = new Float64Array(bandCount);
      nextSample = 0;
    },
    save: () => ({ loudness: loudness.slice(), nextSample }),
    restore(data) {
      const saved = data as { readonly loudness?: unknown; readonly nextSample?: unknown } | null;
      if (!(saved?.loudness instanceof Float64Array) || !Number.isSafeInteger(saved.nextSample)) return false;
      loudness = saved.loudness.slice();
      nextSample = saved.nextSample as number;
      return true;
    },
  };
}

/** Adds one frame, or the start of one, with phases that follow from the position in the stream alone. */
function addFrame(samples: Float32Array, startSample: number, from: Float64Array, to: Float64Array): void {
  for (let band = 0; band < bandCount; band++) {
    const [start, end] = [from[band] as number, to[band] as number];
    if (start === 0 && end === 0) continue;
    const centreHz = Math.sqrt((bandEdgesHz[band] as number) * (bandEdgesHz[band + 1] as number));
    const step = (2 * Math.PI * centreHz) / sampleRateHz;
    for (let i = 0; i < samples.length; i++) {
      const amplitude = start + ((end - start) * (i + 1)) / hopSamples;
      samples[i] = (samples[i] as number) + amplitude * Math.sin(step * (startSample + i));
    }
  }
}
