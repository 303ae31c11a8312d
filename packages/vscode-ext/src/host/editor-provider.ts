import { encodeWav } from '@speech-tokens/audio-files';
import {
  type CustomDocument,
  type CustomReadonlyEditorProvider,
  type Memento,
  Uri,
  type Webview,
  window,
  workspace,
} from 'vscode';
import { exportName } from '../document/index.ts';
import {
  createInferenceDocument,
  type DocumentSource,
  type InferenceDocument,
  type InferenceProcess,
} from '../inference/index.ts';
import { createPeer, type Handlers, type Message, type Peer, RequestError } from '../protocol/index.ts';
import type { HostMethods, PageMethods } from './editor-methods.ts';
import { pageHtml } from './page-html.ts';
import { saveAs } from './save.ts';
import { allowPlugin, chosenTokenizers, inferenceSettings } from './settings.ts';
import { watchFile } from './watch-file.ts';

interface SpeechDocument extends CustomDocument {
  readonly inference: InferenceDocument;
  /** The same in the process that reads samples, which does not wait for models. */
  readonly reading: InferenceDocument;
}

export interface EditorProvider extends CustomReadonlyEditorProvider<SpeechDocument> {
  /** The pages that are open. */
  readonly pages: ReadonlySet<Peer<PageMethods>>;
}

export interface EditorProviderOptions {
  readonly inference: InferenceProcess;
  readonly reading: InferenceProcess;
  readonly extensionUri: Uri;
  /** Where agreed plugins are kept. */
  readonly memory: Memento;
}

export function createEditorProvider({
  inference,
  reading,
  extensionUri,
  memory,
}: EditorProviderOptions): EditorProvider {
  const pages = new Set<Peer<PageMethods>>();
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
        handlersOf(document, inference, memory),
      );
      pages.add(page);
      const watch = watchFile(document.uri, (change) => {
        // Of a deleted one there is what was read before.
        if (change === 'changed') {
          document.inference.forget();
          document.reading.forget();
        }
        page.request('fileChanged', change).catch(() => {});
      });
      panel.onDidDispose(() => {
        pages.delete(page);
        watch.dispose();
      });
      webview.html = pageHtml(webview.asWebviewUri(Uri.joinPath(scripts, 'page.js')).toString());
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

function handlersOf(document: SpeechDocument, inference: InferenceProcess, memory: Memento): Handlers<HostMethods> {
  const { uri, inference: opened, reading } = document;
  const fileName = fileNameOf(uri);
  return {
    start: async () => ({
      fileName,
      chosen: chosenTokenizers(),
      tokenizers: await inference.request('tokenizers', null),
      isTrusted: workspace.isTrusted,
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
    decode: (params, { signal, progress }) => opened.request('decode', params, { signal, onProgress: progress }),
    decodedFormat: (params, { signal, progress }) =>
      opened.request('decodedFormat', params, { signal, onProgress: progress }),
    decodeRange: (params, { signal }) => opened.request('decodeRange', params, { signal }),
    saveTokens({ sampleRateHz, startSample, endSample, ...wanted }, { signal }) {
      const range = { startSeconds: startSample / sampleRateHz, endSeconds: endSample / sampleRateHz };
      const ending = wanted.format === 'safetensors' ? 'tokens.safetensors' : wanted.format;
      return saveAs(uri, exportName(fileName, range, ending), 'Tokens', () =>
        opened.request('exportTokens', { ...wanted, startSample, endSample }, { signal }),
      );
    },
    saveSound: ({ startSeconds, endSeconds, sampleRateHz, channels }) =>
      saveAs(uri, exportName(fileName, { startSeconds, endSeconds }, 'wav'), 'Sound', async () =>
        encodeWav({ sampleRateHz, channels }),
      ),
  };
}

/** Code of the workspace runs only after somebody has agreed to this version of it. */
async function checkConsent(tokenizer: string, inference: InferenceProcess, memory: Memento): Promise<void> {
  const found = (await inference.request('tokenizers', null)).find(({ id }) => id === tokenizer);
  if (found === undefined || found.isBundled) return;
  const { packageName, version } = found;
  const plugin = `${packageName}@${version}`;
  if (inferenceSettings(memory).allowedPlugins.includes(plugin)) return;
  const yes = 'Run Its Code';
  const answer = await window.showWarningMessage(
    `The tokenizer ${tokenizer} is code of the package ${packageName} ${version} in this workspace.`,
    { modal: true, detail: 'It runs in a process of its own, with all that you may do: that is no sandbox.' },
    yes,
  );
  if (answer !== yes) throw new RequestError(`The code of ${packageName} ${version} may not run`, 'plugin-not-allowed');
  await allowPlugin(memory, plugin);
  inference.configure(inferenceSettings(memory));
}

function fileNameOf({ path }: Uri): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
