import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import type { HostMethods, PageMethods } from '../../src/host/editor-methods.ts';
import { pageHtml } from '../../src/host/page-html.ts';
import { createInferenceDocument, createInferenceProcess } from '../../src/inference/index.ts';
import { createPeer, type Handlers, type Message, type Peer } from '../../src/protocol/index.ts';

// The page of an editor with its two processes, and without an editor around it.

export interface RealPage {
  readonly page: Page;
  readonly peer: Peer<PageMethods>;
  /** Has the document opened anew, as when its file has changed. */
  forget(): void;
  close(): Promise<void>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export async function buildPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [here('../../src/webview/page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    conditions: ['@speech-tokens/source'],
  });
  return outputFiles[0]!.text;
}

export async function openRealPage(browser: Browser, script: string, path: string): Promise<RealPage> {
  const processOf = (name: string) =>
    createInferenceProcess({
      name,
      script: here('../../src/inference/child.ts'),
      execArgv: ['--conditions=@speech-tokens/source'],
      settings: { pluginDirectories: [], allowedPlugins: [] },
    });
  const [models, samples] = [processOf('inference process'), processOf('reading process')];
  const reading = createInferenceDocument(samples, '1', async () => ({ path }));
  const inference = createInferenceDocument(models, '1', async () => {
    const { sampleCount } = await reading.request('open', {});
    return { path, sampleCount };
  });
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  let receive: ((message: Message) => void) | undefined;
  await page.exposeFunction('toHost', (message: unknown) => receive?.(unpacked(message) as Message));
  await page.addInitScript(`globalThis.unpacked = ${unpacked}; globalThis.packed = ${packed};`);
  await page.addInitScript(() => {
    const { toHost, packed: pack } = globalThis as unknown as Record<string, (message: unknown) => unknown>;
    Object.assign(globalThis, {
      acquireVsCodeApi: () => ({
        postMessage: (message: unknown) => toHost!(pack!(message)),
        getState: () => undefined,
        setState() {},
      }),
    });
  });
  const peer = createPeer<PageMethods, HostMethods>(
    {
      send(message) {
        const post = (data: unknown): void => {
          const { unpacked: unpack } = globalThis as unknown as Record<string, (value: unknown) => unknown>;
          dispatchEvent(new MessageEvent('message', { data: unpack!(data) }));
        };
        page.evaluate(post, packed(message)).catch(() => {});
      },
      onMessage(listener) {
        receive = listener;
      },
      onClose: (listener) => page.on('close', () => listener('The page was closed')),
    },
    {
      start: async () => ({
        fileName: path.slice(path.lastIndexOf('/') + 1),
        chosen: ['rvq:speech-16khz'],
        tokenizers: (await models.request('tokenizers', null)).tokenizers,
        isTrusted: true,
        texts: {},
      }),
      open: (params, { signal, progress }) => reading.request('open', params, { signal, onProgress: progress }),
      pictures: (params, { signal, progress }) => reading.request('pictures', params, { signal, onProgress: progress }),
      sound: (params, { signal, progress }) => reading.request('sound', params, { signal, onProgress: progress }),
      samples: (params, { signal }) => reading.request('samples', params, { signal }),
      spectrogram: (params, { signal }) => reading.request('spectrogram', params, { signal }),
      tokenize: (params, { signal, progress }) =>
        inference.request('tokenize', params, { signal, onProgress: progress }),
      partialTokens: (params, { signal, progress }) =>
        inference.request('partialTokens', params, { signal, onProgress: progress }),
      decode: (params, { signal, progress }) => inference.request('decode', params, { signal, onProgress: progress }),
      decodedFormat: (params, { signal }) => inference.request('decodedFormat', params, { signal }),
      decodeRange: (params, { signal }) => inference.request('decodeRange', params, { signal }),
      fetchModel: () => false,
      showing: () => null,
      saveTokens: () => null,
      copyTokens: () => null,
      saveSound: () => null,
    } satisfies Handlers<HostMethods>,
  );
  const html = pageHtml('https://editor.test/page.js', 'en');
  await page.route('https://editor.test/**', (route) =>
    route.request().url().endsWith('.js')
      ? route.fulfill({ contentType: 'text/javascript', body: script })
      : route.fulfill({ contentType: 'text/html', body: html }),
  );
  await page.goto('https://editor.test/');
  return {
    page,
    peer,
    forget() {
      reading.forget();
      inference.forget();
    },
    async close() {
      await page.close();
      for (const process of [models, samples]) process.kill('The test is over');
    },
  };
}

/** Typed arrays as what goes over a text channel. Runs here and in the page. */
function packed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    let text = '';
    for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
    return { packedAs: value.constructor.name, base64: btoa(text) };
  }
  if (Array.isArray(value)) return value.map(packed);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, packed(item)]));
}

function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(unpacked);
  const { packedAs, base64 } = value as { readonly packedAs?: string; readonly base64?: string };
  if (packedAs !== undefined) {
    const bytes = Uint8Array.from(atob(base64!), (character) => character.charCodeAt(0));
    const Plain = (globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => unknown>)[packedAs]!;
    return new Plain(bytes.buffer);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpacked(item)]));
}
