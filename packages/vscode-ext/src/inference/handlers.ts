import { tmpdir } from 'node:os';
import { type Handlers, RequestError } from '../protocol/index.ts';
import { setTexts } from '../texts/index.ts';
import { type Components, createComponents } from './components.ts';
import { decode } from './decode.ts';
import { rangeDecoderOf } from './decode-ranges.ts';
import type { MayFetch } from './fetch-model.ts';
import { exportGrid, findPartialTokens, findTokens, gridOf } from './make-tokens.ts';
import type { InferenceMethods } from './methods.ts';
import { type OpenDocument, openDocument } from './open-document.ts';
import { makePictures, makeSpectrogram, readSamples, readSound } from './read-sound.ts';

/** What the inference process does for whoever asks it. */
export function createHandlers(mayFetch: MayFetch): Handlers<InferenceMethods> {
  const documents = new Map<string, OpenDocument>();
  let components: Components = createComponents({ pluginDirectories: [], allowedPlugins: [] });
  let temporaryDirectory = tmpdir();
  const find = (id: string): OpenDocument => {
    const document = documents.get(id);
    if (document === undefined) throw new RequestError('The document is not open', 'document-not-open');
    return document;
  };
  return {
    configure(settings) {
      setTexts(settings.texts);
      components = createComponents(settings);
      temporaryDirectory = settings.temporaryDirectory ?? tmpdir();
      return null;
    },
    tokenizers: () => components.list(),
    fetchModel: ({ tokenizer }, context) => components.fetchModel(tokenizer, mayFetch, context),
    removeModel: ({ tokenizer }) => components.removeModel(tokenizer),
    async open({ document, source }, context) {
      const opened = await openDocument(source, temporaryDirectory, context);
      await documents.get(document)?.close();
      documents.set(document, opened);
      return opened.facts;
    },
    async close({ document }) {
      await documents.get(document)?.close();
      documents.delete(document);
      return null;
    },
    pictures: ({ document }, context) => makePictures(find(document), context),
    sound: ({ document }, context) => readSound(find(document), context),
    samples: ({ document, ...range }, context) => readSamples(find(document), range, context),
    spectrogram: ({ document, ...part }, context) => makeSpectrogram(find(document), part, context),
    tokenize: ({ document, tokenizer }, context) => findTokens(find(document), tokenizer, components, context),
    partialTokens: ({ document, tokenizer }, context) =>
      findPartialTokens(find(document), tokenizer, components, context),
    decode: ({ document, ...wanted }, context) => decode(find(document), wanted, components, context),
    async decodedFormat({ document, tokenizer }, context) {
      return (await rangeDecoderOf(find(document), tokenizer, components, context)).format;
    },
    async decodeRange({ document, tokenizer, ...wanted }, { signal }) {
      const context = { signal, progress() {} };
      return (await rangeDecoderOf(find(document), tokenizer, components, context)).read(wanted, signal);
    },
    async exportTokens({ document, tokenizer, format, startSample, endSample }, { signal }) {
      const opened = find(document);
      const grid = await gridOf(opened, tokenizer, components, { signal, progress() {} });
      const scale = grid.tokenSpace.sampleRateHz / opened.facts.sampleRateHz;
      return exportGrid(grid, format, { startSample: startSample * scale, endSample: endSample * scale });
    },
  };
}
