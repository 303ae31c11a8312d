// A codec small enough to be read in a minute, for tests of the command line: the mean of every 80 samples at 8 kHz,
// quantized in three steps of 16 levels. It imports nothing, so it loads in any process.
const hopSamples = 80;
const sizes = [16, 16, 16];
const audioFormat = { sampleRateHz: 8000, channelCount: 1 };
const spaceOf = (id) => ({
  id,
  sampleRateHz: audioFormat.sampleRateHz,
  codebooks: sizes.map((size, index) => ({ name: `step-${index}`, size, hopSamples })),
  prefixDecodable: true,
});

/** Each step covers 1/16 of the one before. */
function encode(mean) {
  let [low, width] = [-1, 2];
  return sizes.map((size) => {
    width /= size;
    const id = Math.max(0, Math.min(size - 1, Math.floor((mean - low) / width)));
    low += id * width;
    return id;
  });
}

function decode(ids) {
  let [low, width] = [-1, 2];
  for (const [step, id] of ids.entries()) {
    width /= sizes[step];
    low += id * width;
  }
  return low + width / 2;
}

function gridOf(tokenSpace, samples, startSample, count) {
  const frames = Math.ceil(samples.length / hopSamples);
  const tracks = Array.from({ length: count }, () => ({ ids: new Uint32Array(frames) }));
  for (let frame = 0; frame < frames; frame++) {
    const part = samples.subarray(frame * hopSamples, (frame + 1) * hopSamples);
    const ids = encode(part.reduce((sum, value) => sum + value, 0) / hopSamples);
    for (const [index, track] of tracks.entries()) track.ids[frame] = ids[index];
  }
  return { tokenSpace, startSample, sampleCount: samples.length, tracks };
}

function audioOf({ tracks, sampleCount }, count) {
  const samples = new Float32Array(sampleCount);
  for (let i = 0; i < sampleCount; i++) {
    samples[i] = decode(tracks.slice(0, count).map(({ ids }) => ids[Math.floor(i / hopSamples)]));
  }
  return samples;
}

function tokenizer(tokenSpace, canStream = true) {
  const open = async ({ codebookCount = sizes.length } = {}) => {
    let held = new Float32Array();
    let startSample = 0;
    const give = (samples) => {
      const grid = gridOf(tokenSpace, samples, startSample, codebookCount);
      startSample += samples.length;
      return samples.length === 0 ? [] : [grid];
    };
    return {
      async push({ channels: [samples] }, { signal } = {}) {
        signal?.throwIfAborted();
        const all = new Float32Array(held.length + samples.length);
        all.set(held);
        all.set(samples, held.length);
        const whole = all.length - (all.length % hopSamples);
        held = all.slice(whole);
        return give(all.subarray(0, whole));
      },
      flush: async () => give(held),
      reset() {
        held = new Float32Array();
        startSample = 0;
      },
      close: async () => {},
    };
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    tokenize: async ({ channels: [samples] }, { codebookCount = sizes.length } = {}) =>
      gridOf(tokenSpace, samples, 0, codebookCount),
    ...(canStream ? { streaming: { latencySamples: hopSamples, open } } : {}),
    close: async () => {},
  };
}

/** Conditioned on a speaker, near (1.0) or as far as a number says, and a language, whose sign is the other way round. */
function detokenizer(tokenSpace) {
  const clipOf = (grid, { codebookCount = sizes.length, conditioning = {} } = {}) => {
    const { speaker = 'near', language = 'up' } = conditioning;
    const gain = (speaker === 'near' ? 1 : 1 / speaker) * (language === 'up' ? 1 : -1);
    return {
      sampleRateHz: audioFormat.sampleRateHz,
      channels: [audioOf(grid, codebookCount).map((sample) => gain * sample)],
    };
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    detokenize: async (grid, options) => clipOf(grid, options),
    streaming: {
      latencySamples: hopSamples,
      open: async (options) => ({
        push: async (grid) => [{ ...clipOf(grid, options), startSample: grid.startSample }],
        flush: async () => [],
        reset() {},
        close: async () => {},
      }),
    },
    close: async () => {},
  };
}

const component = (kind, id, title, space, load) => {
  const tokenSpace = spaceOf(space);
  const models = [];
  return { kind, id, title, tokenSpace, models, latencySamples: hopSamples, load: async () => load(tokenSpace) };
};
const title = 'The mean of each 10 ms, in three steps';

export default {
  specificationVersion: 'v1',
  components: [
    component('tokenizer', 'steps:mean', title, 'steps:mean#1', tokenizer),
    component('detokenizer', 'steps:mean', title, 'steps:mean#1', detokenizer),
    component('tokenizer', 'steps:whole', 'The same, for whole recordings only', 'steps:whole#1', (space) =>
      tokenizer(space, false),
    ),
  ],
};
