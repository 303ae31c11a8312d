import { createPeakPyramid, createSpectrogram, type Sound } from '@speech-tokens/token-view';
import type { TokensFound } from '../../src/document/index.ts';
import type { HostMethods, PageMethods } from '../../src/host/editor-methods.ts';
import { createPeer, type Message } from '../../src/protocol/index.ts';

// The page of an editor with a host that answers at once: two seconds of a tone, three tokenizers, and what they "decode" to.

const sampleRateHz = 16_000;
const sampleCount = 2 * sampleRateHz;

const tone = (title: string, hz: number, amplitude: number): Sound => ({
  title,
  sampleRateHz,
  channels: [
    Float32Array.from({ length: sampleCount }, (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / sampleRateHz)),
  ],
});

const recording = tone('recording', 440, 0.4);
/** Half as loud as the recording. */
const decodedAmplitude = 0.2;

const pyramidOf = ({ channels }: Sound) => {
  const builder = createPeakPyramid(16);
  builder.push(channels);
  return builder.result();
};

const spectrogram = createSpectrogram({ sampleRateHz, sampleCount });
spectrogram.push(recording.channels);

const tokensOf = (title: string, codebookCount: number, prefixDecodable: boolean): TokensFound => {
  const lanes = Array.from({ length: codebookCount }, (_, k) => ({
    name: `codebook-${k}`,
    size: 16,
    ids: Uint32Array.from({ length: 100 }, (_, i) => (i * (k + 1)) % 10),
    firstSample: 0,
    hopSamples: 320,
  }));
  return {
    title,
    about: '50 a second',
    lanes,
    codebookCount,
    prefixDecodable,
    statistics: { heads: ['codebook'], rows: lanes.map(({ name }) => [name]) },
    codeUses: lanes.map(({ name, size }) => ({
      name,
      size,
      codeCounts: Array.from({ length: 10 }, (_, id) => ({ id, count: 10 })),
    })),
  };
};

const tokens: Readonly<Record<string, TokensFound>> = {
  'test:four': tokensOf('test:four', 4, true),
  'test:whole': tokensOf('test:whole', 2, false),
  'test:one': tokensOf('test:one', 1, true),
};

/** What the page asked to be decoded, for tests. */
const asked: unknown[] = [];
/** What the page keeps over a reload, for tests. */
let kept: unknown;
Object.assign(globalThis, { asked, keptState: () => kept });

let listen: ((message: Message) => void) | undefined;
createPeer<PageMethods, HostMethods>(
  {
    send: (message) => queueMicrotask(() => dispatchEvent(new MessageEvent('message', { data: message }))),
    onMessage(listener) {
      listen = listener;
    },
    onClose() {},
  },
  {
    start: () => ({
      fileName: 'tone.wav',
      chosen: Object.keys(tokens),
      tokenizers: Object.keys(tokens).map((id) => ({
        id,
        title: id,
        packageName: 'test',
        version: '1.0.0',
        isBundled: true,
        model: { state: 'bundled' as const, licences: [], source: '' },
      })),
      isTrusted: true,
      texts: {},
    }),
    open: () => ({
      kind: 'recording',
      sampleRateHz,
      sampleCount,
      facts: ['2.00 s'],
      channelCount: 1,
      soundBytes: 4 * sampleCount,
    }),
    pictures: () => ({ peaks: pyramidOf(recording), spectrogram: spectrogram.result(), warnings: [] }),
    sound: () => recording,
    samples: ({ startSample, endSample }) => recording.channels.map((samples) => samples.slice(startSample, endSample)),
    spectrogram: () => spectrogram.result(),
    tokenize: ({ tokenizer }) => tokens[tokenizer!]!,
    partialTokens: () => null,
    decode(wanted) {
      asked.push(wanted);
      const sound = tone(wanted.tokenizer!, 440, decodedAmplitude);
      const figures = [['SI-SDR', '0 dB']] as const;
      if (wanted.withDifference !== true) return { sound, figures };
      const difference = tone('difference', 440, 0.4 - decodedAmplitude);
      return { sound, figures, difference: { sound: difference, peaks: pyramidOf(difference), levelDb: -6.02 } };
    },
    decodedFormat: ({ tokenizer }) => ({ title: tokenizer!, sampleRateHz, channelCount: 1, sampleCount }),
    decodeRange: ({ tokenizer, startSample, endSample }) =>
      tone(tokenizer!, 440, decodedAmplitude).channels.map((samples) => samples.slice(startSample, endSample)),
    fetchModel: () => false,
    showing: () => null,
    saveTokens: () => null,
    copyTokens: () => null,
    saveSound: () => null,
  },
);

Object.assign(globalThis, {
  acquireVsCodeApi: () => ({
    postMessage: (message: Message) => listen?.(message),
    getState: () => undefined,
    setState(state: unknown) {
      kept = state;
    },
  }),
});

await import('../../src/webview/page.ts');
