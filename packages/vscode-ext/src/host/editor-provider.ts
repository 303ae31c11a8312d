import { encodeWav } from '@speech-tokens/audio-files';
import {
  type CustomDocument,
  type CustomReadonlyEditorProvider,
  commands,
  env,
  l10n,
  type Memento,
  Uri,
  type Webview,
  type WebviewPanel,
  workspace,
} from 'vscode';
import { exportName } from '../document/index.ts';
import {
  createInferenceDocument,
  type DocumentSource,
  type InferenceDocument,
  type InferenceProcess,
} from '../inference/index.ts';
import { createPeer, type Handlers, type Message, type Peer } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import { checkConsent } from './consent.ts';
import type { HostMethods, PageMethods, Tokenizers } from './editor-methods.ts';
import type { Models } from './models.ts';
import { pageHtml } from './page-html.ts';
import { saveAs } from './save.ts';
import { chosenTokenizers } from './settings.ts';
import type { StatusBar } from './status-bar.ts';
import { watchFile } from './watch-file.ts';

interface SpeechDocument extends CustomDocument {
  readonly inference: InferenceDocument;
  /** The same in the process that reads samples, which does not wait for models. */
  readonly reading: InferenceDocument;
}

export interface EditorProvider extends CustomReadonlyEditorProvider<SpeechDocument> {
  /** The pages that are open. */
  readonly pages: ReadonlyMap<WebviewPanel, Peer<PageMethods>>;
}

export interface EditorProviderOptions {
  readonly inference: InferenceProcess;
  readonly reading: InferenceProcess;
  readonly extensionUri: Uri;
  /** Where agreed plugins are kept. */
  readonly memory: Memento;
  readonly models: Models;
  readonly statusBar: StatusBar;
}

export function createEditorProvider(options: EditorProviderOptions): EditorProvider {
  const { inference, reading, extensionUri } = options;
  const pages = new Map<WebviewPanel, Peer<PageMethods>>();
  const scripts = Uri.joinPath(extensionUri, 'dist', 'webview');
  let count = 0;
  return {
    pages,
    openCustomDocument(uri) {
      const id = `${++count}`;
      const inReading = createInferenceDocument(reading, id, () => sourceOf(uri));
      // Where the length has to be counted, that is done once.
      const inInference = createInferenceDocument(inference, id, async () => {
        const { kind, sampleCount } = await inReading.request('open', {});
        return { ...(await sourceOf(uri)), ...(kind === 'recording' ? { sampleCount } : {}) };
      });
      return {
        uri,
        inference: inInference,
        reading: inReading,
        dispose() {
          inInference.close();
          inReading.close();
        },
      };
    },
    resolveCustomEditor(document, panel) {
      const { webview } = panel;
      webview.options = { enableScripts: true, localResourceRoots: [scripts] };
      const page = createPeer<PageMethods, HostMethods>(
        portOf(webview, (listener) => panel.onDidDispose(() => listener('The editor was closed'))),
        handlersOf(document, panel, options),
      );
      pages.set(panel, page);
      const watch = watchFile(document.uri, (change) => {
        // Of a deleted one there is what was read before.
        if (change === 'changed') {
          document.inference.forget();
          document.reading.forget();
        }
        page.request('fileChanged', change).catch(() => {});
      });
      panel.onDidDispose(() => {
        pages.delete(panel);
        watch.dispose();
      });
      const script = webview.asWebviewUri(Uri.joinPath(scripts, 'page.js')).toString();
      webview.html = pageHtml(script, l10n.bundle === undefined ? 'en' : env.language);
    },
  };
}

/** A file on disk is read by the process itself, by ranges; of another place the bytes are brought to it. */
async function sourceOf(uri: Uri): Promise<DocumentSource> {
  if (uri.scheme === 'file') return { path: uri.fsPath };
  return { name: fileNameOf(uri), bytes: new Uint8Array(await workspace.fs.readFile(uri)) };
}

function portOf(webview: Webview, onClose: (listener: (reason: string) => void) => void) {
  return {
    send: (message: Message) => void webview.postMessage(message),
    onMessage: (listener: (message: Message) => void) => void webview.onDidReceiveMessage(listener),
    onClose,
  };
}

/** The tokenizers that a page can offer. */
export async function tokenizersOf(inference: InferenceProcess): Promise<Tokenizers> {
  const { tokenizers } = await inference.request('tokenizers', null);
  return { tokenizers, isTrusted: workspace.isTrusted };
}

function handlersOf(
  document: SpeechDocument,
  panel: WebviewPanel,
  { inference, memory, models, statusBar }: EditorProviderOptions,
): Handlers<HostMethods> {
  const { uri, inference: opened, reading } = document;
  const fileName = fileNameOf(uri);
  return {
    start: async () => ({
      fileName,
      chosen: chosenTokenizers(),
      texts: l10n.bundle ?? {},
      ...(await tokenizersOf(inference)),
    }),
    open: (params, { signal, progress }) => reading.request('open', params, { signal, onProgress: progress }),
    pictures: (params, { signal, progress }) => reading.request('pictures', params, { signal, onProgress: progress }),
    sound: (params, { signal, progress }) => reading.request('sound', params, { signal, onProgress: progress }),
    samples: (params, { signal }) => reading.request('samples', params, { signal }),
    spectrogram: (params, { signal }) => reading.request('spectrogram', params, { signal }),
    async tokenize(params, { signal, progress }) {
      if (params.tokenizer !== null) await checkConsent(params.tokenizer, inference, memory);
      return opened.request('tokenize', params, { signal, onProgress: progress });
    },
    partialTokens: (params, { signal, progress }) =>
      opened.request('partialTokens', params, { signal, onProgress: progress }),
    decode: (params, { signal, progress }) => opened.request('decode', params, { signal, onProgress: progress }),
    decodedFormat: (params, { signal, progress }) =>
      opened.request('decodedFormat', params, { signal, onProgress: progress }),
    decodeRange: (params, { signal }) => opened.request('decodeRange', params, { signal }),
    async fetchModel({ tokenizer }, { signal, progress }) {
      await checkConsent(tokenizer, inference, memory);
      return models.fetch(tokenizer, { signal, onProgress: progress });
    },
    showing({ tokens, hasPlayed }) {
      statusBar.show(panel, tokens);
      // Steps of the walkthrough are done when these are true.
      if (tokens.length > 0) commands.executeCommand('setContext', 'speechTokens.hasTokens', true);
      if (hasPlayed) commands.executeCommand('setContext', 'speechTokens.hasPlayed', true);
      return null;
    },
    saveTokens({ sampleRateHz, startSample, endSample, ...wanted }, { signal }) {
      const range = { startSeconds: startSample / sampleRateHz, endSeconds: endSample / sampleRateHz };
      const ending = wanted.format === 'safetensors' ? 'tokens.safetensors' : wanted.format;
      return saveAs(uri, exportName(fileName, range, ending), t('Tokens'), () =>
        opened.request('exportTokens', { ...wanted, startSample, endSample }, { signal }),
      );
    },
    async copyTokens(wanted, { signal }) {
      const bytes = await opened.request('exportTokens', wanted, { signal });
      await env.clipboard.writeText(new TextDecoder().decode(bytes));
      return null;
    },
    saveSound: ({ startSeconds, endSeconds, sampleRateHz, channels }) =>
      saveAs(uri, exportName(fileName, { startSeconds, endSeconds }, 'wav'), t('Sound'), async () =>
        encodeWav({ sampleRateHz, channels }),
      ),
  };
}

function fileNameOf({ path }: Uri): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
