import * as core from '@speech-tokens/core';
import * as bands from './bands.ts';

const { bandCount, bandEdgesHz, hopSamples, sampleRateHz, tokenSpace } = bands;

/** One sine a band, as loud as the band was: a robot's voice. */
export function createBandDetokenizer(): core.SpeechDetokenizerV1 {
  let isClosed = false;
  const open: NonNullable<core.SpeechDetokenizerV1['streaming']>['open'] = async ({ codebookCount, state } = {}) => {
    bands.assertOpen(isClosed);
    // Refuses a count that is out of range.
    bands.emptyGrid(codebookCount);
    return core.createStreamSession(createStream(codebookCount), {
      writtenBy: `detokenizer ${tokenSpace.id} with ${codebookCount ?? 'all'} codebooks`,
      formatVersion: 1,
      state,
      isClosed: () => isClosed,
    });
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat: { sampleRateHz, channelCount: 1 },
    async detokenize(grid, { codebookCount, ...options } = {}) {
      options.signal?.throwIfAborted();
      const session = await open(codebookCount === undefined ? {} : { codebookCount });
      const [chunk] = await session.push({ ...grid, startSample: 0 }, options);
      return { sampleRateHz, channels: chunk?.channels ?? [new Float32Array(0)] };
    },
    streaming: { latencySamples: hopSamples, open },
    async close() {
      isClosed = true;
    },
  };
}

function createStream(codebookCount: number | undefined): core.StreamMachine<core.TokenGrid, core.PcmChunk> {
  /** How loud each band was at the end of the last frame: the next one starts from there, without a click. */
  let loudness: Float64Array = new Float64Array(bandCount);
  let nextSample = 0;

  return {
    accept(grid) {
      core.validateTokenGrid(grid, { tokenSpace });
      const fewer = core.takeCodebooks(grid, codebookCount ?? grid.tracks.length);
      return { ...fewer, tracks: fewer.tracks.map(({ ids }) => ({ ids: ids.slice() })) };
    },
    async push({ startSample, sampleCount, tracks }, { signal }) {
      bands.checkOrder(startSample, nextSample);
      const samples = new Float32Array(sampleCount);
      for (let start = 0; start < sampleCount; start += hopSamples) {
        if (start % (50 * hopSamples) === 0) await bands.pause(signal);
        const target = new Float64Array(bandCount);
        for (const [band, { ids }] of tracks.entries())
          target[band] = bands.amplitudeOf(ids[start / hopSamples] as number);
        addFrame(samples.subarray(start, start + hopSamples), nextSample + start, loudness, target);
        loudness = target;
      }
      nextSample += sampleCount;
      return sampleCount === 0 ? [] : [{ sampleRateHz, startSample, channels: [samples] }];
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
      if (!(saved?.loudness instanceof Float64Array) || typeof saved.nextSample !== 'number') return false;
      loudness = saved.loudness.slice();
      nextSample = saved.nextSample;
      return true;
    },
  };
}

/** Adds one frame, or the start of one, with phases that follow from the position in the stream alone. */
function addFrame(samples: Float32Array, startSample: number, from: Float64Array, to: Float64Array): void {
  for (let band = 0; band < bandCount; band++) {
    const [start, end] = [from[band] as number, to[band] as number];
    const centreHz = Math.sqrt((bandEdgesHz[band] as number) * (bandEdgesHz[band + 1] as number));
    for (let i = 0; i < samples.length; i++) {
      const amplitude = start + ((end - start) * (i + 1)) / hopSamples;
      const phase = (2 * Math.PI * centreHz * (startSample + i)) / sampleRateHz;
      samples[i] = (samples[i] as number) + amplitude * Math.sin(phase);
    }
  }
}
