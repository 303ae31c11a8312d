import {
  type CallOptions,
  createStreamSession,
  joinGrids,
  type PcmChunk,
  type SpeechTokenizerV1,
  type StreamMachine,
  type TokenGrid,
  validateAudioClip,
} from '@speech-tokens/core';
import {
  assertOpen,
  bandCount,
  bandEdgesHz,
  checkCodebookCount,
  checkOrder,
  hopSamples,
  levelOf,
  pause,
  sampleRateHz,
  tokenSpace,
  windowSamples,
} from './bands.ts';

const audioFormat = { sampleRateHz, channelCount: 1 };

/** Measures the loudness of each band, frame by frame. */
export function createBandTokenizer(): SpeechTokenizerV1 {
  let isClosed = false;
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    // A whole clip goes the way of a stream, so both give the same tokens.
    async tokenize(clip, { codebookCount, ...options } = {}) {
      options.signal?.throwIfAborted();
      assertOpen(isClosed);
      const stream = createStream(checkCodebookCount(codebookCount, bandCount));
      const chunk = stream.accept({ ...clip, startSample: 0 });
      return joinGrids([stream.take(0, 0), ...(await stream.push(chunk, options)), ...(await stream.flush(options))]);
    },
    streaming: {
      latencySamples: windowSamples,
      async open({ codebookCount, state } = {}) {
        assertOpen(isClosed);
        // Adds what all streams have in common: order of calls, aborted calls, saved states, the end.
        return createStreamSession(createStream(checkCodebookCount(codebookCount, bandCount)), {
          writtenBy: `tokenizer ${tokenSpace.id}`,
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

interface BandStream extends StreamMachine<PcmChunk, TokenGrid> {
  take(frameCount: number, sampleCount: number): TokenGrid;
}

function createStream(codebookCount: number): BandStream {
  /** Samples that are not yet tokens, and where the first of them stands in the stream. */
  let pending: Float32Array = new Float32Array(0);
  let startSample = 0;

  const take = (frameCount: number, sampleCount: number): TokenGrid => {
    const tracks = Array.from({ length: codebookCount }, () => ({ ids: new Uint32Array(frameCount) }));
    for (let frame = 0; frame < frameCount; frame++) {
      const amplitudes = bandAmplitudes(pending.subarray(frame * hopSamples, frame * hopSamples + windowSamples));
      for (const [band, { ids }] of tracks.entries()) ids[frame] = levelOf(amplitudes[band] as number);
    }
    const grid = { tokenSpace, startSample, sampleCount, tracks };
    pending = pending.slice(sampleCount);
    startSample += sampleCount;
    return grid;
  };

  /** Takes frames, some at a time. At the end of the stream, silence fills the last ones. */
  const takeFrames = async (atEnd: boolean, { signal, onProgress }: CallOptions): Promise<readonly TokenGrid[]> => {
    const grids: TokenGrid[] = [];
    for (;;) {
      const whole = Math.max(0, Math.floor(pending.length / hopSamples) - 1);
      const frameCount = Math.min(50, atEnd ? Math.ceil(pending.length / hopSamples) : whole);
      if (frameCount === 0) return grids.length === 0 ? [] : [joinGrids(grids)];
      await pause(signal);
      grids.push(take(frameCount, Math.min(pending.length, frameCount * hopSamples)));
      onProgress?.({ stage: 'Measuring bands', done: startSample, unit: 'samples' });
    }
  };

  return {
    take,
    accept(chunk) {
      validateAudioClip(chunk, audioFormat);
      return { ...chunk, channels: chunk.channels.map((samples) => samples.slice()) };
    },
    push(chunk, options) {
      checkOrder(chunk.startSample, startSample + pending.length);
      const [samples] = chunk.channels as [Float32Array];
      const joined = new Float32Array(pending.length + samples.length);
      joined.set(pending);
      joined.set(samples, pending.length);
      pending = joined;
      return takeFrames(false, options);
    },
    flush: (options) => takeFrames(true, options),
    reset() {
      pending = new Float32Array(0);
      startSample = 0;
    },
    save: () => ({ pending: pending.slice(), startSample }),
    restore(data) {
      const saved = data as { readonly pending?: unknown; readonly startSample?: unknown } | null;
      if (!(saved?.pending instanceof Float32Array) || !Number.isSafeInteger(saved.startSample)) return false;
      pending = saved.pending.slice();
      startSample = saved.startSample as number;
      return true;
    },
  };
}

const hann = Float64Array.from({ length: windowSamples }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / windowSamples));
const cosine = Float64Array.from({ length: windowSamples }, (_, i) => Math.cos((2 * Math.PI * i) / windowSamples));

/** Amplitude of each band (1 for a full-scale sine) in one window; samples past its end count as silence. */
function bandAmplitudes(samples: Float32Array): Float64Array {
  const windowed = Float64Array.from(samples, (sample, i) => sample * (hann[i] as number));
  const amplitudes = new Float64Array(bandCount);
  const binHz = sampleRateHz / windowSamples;
  for (let band = 0; band < bandCount; band++) {
    let energy = 0;
    const last = Math.ceil((bandEdgesHz[band + 1] as number) / binHz);
    for (let bin = Math.ceil((bandEdgesHz[band] as number) / binHz); bin < last; bin++) {
      let [real, imaginary] = [0, 0];
      for (let i = 0; i < windowed.length; i++) {
        const phase = (bin * i) % windowSamples;
        real += (windowed[i] as number) * (cosine[phase] as number);
        imaginary += (windowed[i] as number) * (cosine[(phase + (3 * windowSamples) / 4) % windowSamples] as number);
      }
      energy += real * real + imaginary * imaginary;
    }
    // A full-scale sine has 3/2 of its squared peak in the three bins that a Hann window spreads it over.
    amplitudes[band] = Math.sqrt(energy / 1.5) / (windowSamples / 4);
  }
  return amplitudes;
}
