import * as core from '@speech-tokens/core';
import * as bands from './bands.ts';

const { bandEdgesHz, hopSamples, sampleRateHz, tokenSpace, windowSamples } = bands;
const audioFormat = { sampleRateHz, channelCount: 1 };

/** Measures the loudness of each band, frame by frame. */
export function createBandTokenizer(): core.SpeechTokenizerV1 {
  let isClosed = false;
  const open: NonNullable<core.SpeechTokenizerV1['streaming']>['open'] = async ({ codebookCount, state } = {}) => {
    bands.assertOpen(isClosed);
    const { tracks } = bands.emptyGrid(codebookCount);
    // Adds what all streams have in common: the order of calls, aborted calls, saved states, the end.
    return core.createStreamSession(createStream(tracks.length), {
      writtenBy: `tokenizer ${tokenSpace.id} with ${tracks.length} codebooks`,
      formatVersion: 1,
      state,
      isClosed: () => isClosed,
    });
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    // A whole clip goes the way of a stream, so both give the same tokens.
    async tokenize(clip, { codebookCount = bands.bandCount, ...options } = {}) {
      options.signal?.throwIfAborted();
      const session = await open({ codebookCount });
      const grids = [...(await session.push({ ...clip, startSample: 0 }, options)), ...(await session.flush(options))];
      return core.joinGrids([bands.emptyGrid(codebookCount), ...grids]);
    },
    streaming: { latencySamples: windowSamples, open },
    async close() {
      isClosed = true;
    },
  };
}

function createStream(codebookCount: number): core.StreamMachine<core.PcmChunk, core.TokenGrid> {
  /** Samples that are not yet tokens, and where the first of them stands in the stream. */
  let pending = new Float32Array(0);
  let startSample = 0;

  /** The next tokens, at most 50 frames of them; silence fills the last window of a stream. */
  const take = (atEnd: boolean): core.TokenGrid | undefined => {
    const readyFrames = atEnd ? Math.ceil(pending.length / hopSamples) : Math.floor(pending.length / hopSamples) - 1;
    const frameCount = Math.min(50, readyFrames);
    if (frameCount <= 0) return undefined;
    const sampleCount = Math.min(pending.length, frameCount * hopSamples);
    const tracks = Array.from({ length: codebookCount }, () => ({ ids: new Uint32Array(frameCount) }));
    for (let frame = 0; frame < frameCount; frame++) {
      const samples = pending.subarray(frame * hopSamples, frame * hopSamples + windowSamples);
      for (const [band, { ids }] of tracks.entries()) ids[frame] = bands.levelOf(bandAmplitude(samples, band));
    }
    const grid = { tokenSpace, startSample, sampleCount, tracks };
    pending = pending.slice(sampleCount);
    startSample += sampleCount;
    return grid;
  };
  const takeAll = async (atEnd: boolean, { signal }: core.CallOptions): Promise<readonly core.TokenGrid[]> => {
    const grids: core.TokenGrid[] = [];
    for (let grid = take(atEnd); grid !== undefined; grid = take(atEnd)) {
      grids.push(grid);
      await bands.pause(signal);
    }
    return grids;
  };

  return {
    // Copies: the caller may use its arrays again.
    accept(chunk) {
      core.validateAudioClip(chunk, audioFormat);
      return { ...chunk, channels: chunk.channels.map((samples) => samples.slice()) };
    },
    push(chunk, options) {
      bands.checkOrder(chunk.startSample, startSample + pending.length);
      const [added = new Float32Array(0)] = chunk.channels;
      const joined = new Float32Array(pending.length + added.length);
      joined.set(pending);
      joined.set(added, pending.length);
      pending = joined;
      return takeAll(false, options);
    },
    flush: (options) => takeAll(true, options),
    reset() {
      pending = new Float32Array(0);
      startSample = 0;
    },
    save: () => ({ pending: pending.slice(), startSample }),
    restore(data) {
      const saved = data as { readonly pending?: unknown; readonly startSample?: unknown } | null;
      if (!(saved?.pending instanceof Float32Array) || typeof saved.startSample !== 'number') return false;
      pending = saved.pending.slice();
      startSample = saved.startSample;
      return true;
    },
  };
}

const hann = Float64Array.from(
  { length: windowSamples },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / windowSamples),
);

/** Amplitude of a band (1 for a full-scale sine) in one window; samples past its end count as silence. */
function bandAmplitude(samples: Float32Array, band: number): number {
  const binHz = sampleRateHz / windowSamples;
  const [first, end] = [band, band + 1].map((edge) => Math.ceil((bandEdgesHz[edge] as number) / binHz)) as [
    number,
    number,
  ];
  let energy = 0;
  for (let bin = first; bin < end; bin++) {
    // Goertzel's recursion: the energy of one bin of the Fourier transform.
    const twiceCosine = 2 * Math.cos((2 * Math.PI * bin) / windowSamples);
    let [last, lastButOne] = [0, 0];
    for (let i = 0; i < samples.length; i++) {
      const next = (samples[i] as number) * (hann[i] as number) + twiceCosine * last - lastButOne;
      lastButOne = last;
      last = next;
    }
    energy += last * last + lastButOne * lastButOne - twiceCosine * last * lastButOne;
  }
  // The three bins that a Hann window spreads a sine over hold 3/2 of the energy of its middle one.
  return Math.sqrt(Math.max(0, energy) / 1.5) / (windowSamples / 4);
}
