// Language models that follow a script, for the codec steps:mean. Nothing is imported, so it loads in any process.
const codec = { id: 'steps:mean', codebookCount: 3 };
const hopSamples = 80;
const frames = 10;

/** So many frames of three codes. */
function gridOf(tokenSpace, startSample, codes, frameCount = frames) {
  const tracks = codes.map((code) => ({ ids: new Uint32Array(frameCount).fill(code) }));
  return { tokenSpace, startSample, sampleCount: frameCount * hopSamples, tracks };
}

/** Each letter is a piece of text and ten frames; the prompt comes first, as it was. */
function readerOf(window) {
  return {
    codec: { ...codec, ...(window === undefined ? {} : { window }) },
    takes: { text: 'needed', prompt: 'optional' },
    voices: ['low', 'high'],
    async *generate({ codecSpace, random, sampling = {}, text, prompt, voice = 'low', maxFrames = Infinity, signal }) {
      let at = 0;
      const grids = [];
      if (prompt !== undefined) {
        if (prompt.text !== 'bad') grids.push([prompt.text ?? '', prompt.grid]);
        else throw new Error('the model broke');
      }
      for (const letter of text) {
        const code = sampling.temperature === 0 ? letter.charCodeAt(0) % 16 : random.nextInteger(16);
        grids.push([letter, gridOf(codecSpace, 0, [code, voice === 'low' ? 0 : 15, sampling.topK ?? 8])]);
      }
      for (const [letter, grid] of grids) {
        signal?.throwIfAborted();
        if (at >= maxFrames * hopSamples) return;
        if (letter !== '') yield { kind: 'text', text: letter };
        const left = Math.min(grid.tracks[0].ids.length, maxFrames - at / hopSamples);
        const tracks = grid.tracks.map(({ ids }) => ({ ids: ids.slice(0, left) }));
        yield { kind: 'grid', grid: { ...grid, startSample: at, sampleCount: left * hopSamples, tracks } };
        at += left * hopSamples;
      }
    },
  };
}

const endless = {
  codec,
  takes: { text: 'refused', prompt: 'refused' },
  async *generate({ codecSpace, signal }) {
    for (let at = 0; ; at += frames * hopSamples) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      signal?.throwIfAborted();
      yield { kind: 'grid', grid: gridOf(codecSpace, at, [9, 9, 9]) };
      if (at === 5 * frames * hopSamples) yield { kind: 'text', text: 'On and on.' };
    }
  },
};

/** Two steps late, and a word every hundred steps. */
const echo = {
  codec,
  async open({ codecSpace, sampling = {} }) {
    const heard = [];
    let step = 0;
    let at = 0;
    return {
      async step(grid, { signal } = {}) {
        signal?.throwIfAborted();
        heard.push(grid.tracks.map(({ ids }) => ids));
        const parts = step % 100 === 0 ? [{ kind: 'text', text: `step ${step}.` }] : [];
        step += 1;
        if (heard.length < 3) return parts;
        const tracks = heard.shift().map((ids) => ({ ids: sampling.temperature === 0 ? ids.map(() => 0) : ids }));
        at += hopSamples;
        return [
          ...parts,
          {
            kind: 'grid',
            grid: { tokenSpace: codecSpace, startSample: at - hopSamples, sampleCount: hopSamples, tracks },
          },
        ];
      },
      close: async () => {},
    };
  },
};

const component = (id, title, parts) => ({
  kind: 'language-model',
  id,
  title,
  models: [],
  load: async () => ({
    specificationVersion: 'v0',
    streams: [{ name: 'text', role: 'out', vocabularySize: 10 }],
    contextSteps: 10,
    open: async () => {
      throw new Error('a script has no steps');
    },
    close: async () => {},
    ...parts,
  }),
});

export default {
  specificationVersion: 'v1',
  components: [
    component('talk:reader', 'Reads a text out, a letter a tenth of a second', { generation: readerOf() }),
    component('talk:windowed', 'The same, with windows over its codec', {
      generation: readerOf({ blockFrames: [3, 7], leftContextFrames: 2, lookaheadFrames: 1 }),
    }),
    component('talk:endless', 'Speaks until it is stopped', { generation: endless }),
    component('talk:echo', 'Says what it heard two steps ago, while it hears', { duplex: echo }),
    component('talk:mute', 'Only has steps', {}),
  ],
};
