import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createInferenceDocument,
  createInferenceProcess,
  type FetchOffer,
  type InferenceProcess,
} from '../src/inference/index.ts';
import { type LocalHub, startLocalHub } from './local-hub.ts';

// Downloads by the inference process, from a hub on this machine that holds a small checkpoint.

const golden = new URL('../../codec-rvq/test/golden/encodec-24khz/', import.meta.url);
const id = 'rvq:encodec-24khz';
const licence = 'not stated (code: MIT)';
const variables = ['HF_ENDPOINT', 'HF_HOME', 'SPEECH_TOKENS_CACHE', 'SPEECH_TOKENS_OFFLINE', 'HF_HUB_OFFLINE'] as const;
const before = new Map(variables.map((name) => [name, process.env[name]]));

let hub: LocalHub;
let home: string;
let inference: InferenceProcess;
let offers: FetchOffer[];
let answer: boolean;

beforeEach(async () => {
  const files = await Promise.all(
    ['config.json', 'model.safetensors'].map(async (name) => [name, await readFile(new URL(name, golden))] as const),
  );
  hub = await startLocalHub('facebook/encodec_24khz', Object.fromEntries(files), 'model.safetensors');
  home = await mkdtemp(join(tmpdir(), 'fetch-'));
  process.env['HF_ENDPOINT'] = hub.address;
  process.env['HF_HOME'] = join(home, 'hf');
  process.env['SPEECH_TOKENS_CACHE'] = join(home, 'cache');
  process.env['SPEECH_TOKENS_OFFLINE'] = process.env['HF_HUB_OFFLINE'] = '0';
  offers = [];
  answer = true;
  inference = createInferenceProcess({
    script: fileURLToPath(new URL('../src/inference/child.ts', import.meta.url)),
    execArgv: ['--conditions=@speech-tokens/source'],
    settings: { pluginDirectories: [], allowedPlugins: [] },
    async mayFetch(offer) {
      offers.push(offer);
      return answer;
    },
  });
});
afterEach(async () => {
  inference.kill('The test is over');
  await hub.close();
  await rm(home, { recursive: true, force: true });
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const model = async () => (await inference.request('tokenizers', null)).tokenizers.find((one) => one.id === id)?.model;
const gets = () => hub.requests.filter((request) => request.startsWith('GET /stored/'));

/** Begins, and cancels in the middle of the weights. */
async function begin(): Promise<void> {
  const controller = new AbortController();
  const reason = new Error('enough');
  const request = inference.request(
    'fetchModel',
    { tokenizer: id },
    {
      signal: controller.signal,
      onProgress({ stage, doneBytes }) {
        if (stage === 'model.safetensors' && doneBytes > 0) controller.abort(reason);
      },
    },
  );
  await expect(request).rejects.toBe(reason);
}

test('nothing is asked of the network until somebody starts, and nothing is downloaded without a yes', async () => {
  expect(await model()).toEqual({ state: 'to-fetch', licences: [licence], source: 'facebook/encodec_24khz' });
  expect(hub.requests).toEqual([]);
  answer = false;
  expect(await inference.request('fetchModel', { tokenizer: id })).toBe(false);
  expect(offers).toEqual([
    {
      tokenizer: id,
      files: ['config.json', 'model.safetensors'].map((name) => ({
        name,
        url: `${hub.address}/facebook/encodec_24khz/resolve/main/${name}`,
        licence,
        sizeBytes: name === 'config.json' ? 758 : 173_004,
      })),
    },
  ]);
  expect(gets()).toEqual([]);
  expect((await model())?.state).toBe('to-fetch');
});

test('a download that was cancelled goes on from where it was, after another question', async () => {
  await begin();
  expect(await inference.request('fetchModel', { tokenizer: id })).toBe(true);
  expect(offers).toHaveLength(2);
  expect(gets().filter((request) => request.includes('model.safetensors'))).toEqual([
    expect.stringMatching(/model\.safetensors$/),
    expect.stringMatching(/model\.safetensors bytes=[1-9]\d*-$/),
  ]);
  expect(await model()).toMatchObject({ state: 'here', sizeBytes: 758 + 173_004 });
  // What is here is asked of nobody.
  const asked = hub.requests.length;
  expect(await inference.request('fetchModel', { tokenizer: id })).toBe(true);
  expect([offers.length, hub.requests.length]).toEqual([2, asked]);
  expect(await inference.request('removeModel', { tokenizer: id })).toBe(758 + 173_004);
  expect((await model())?.state).toBe('to-fetch');
});

test('what has arrived of a download can be removed', async () => {
  await begin();
  expect(await inference.request('removeModel', { tokenizer: id })).toBeGreaterThan(758);
  expect(await inference.request('removeModel', { tokenizer: id })).toBe(0);
});

test('offline, an error says so', async () => {
  process.env['SPEECH_TOKENS_OFFLINE'] = '1';
  await expect(inference.request('fetchModel', { tokenizer: id })).rejects.toMatchObject({
    code: 'model-offline',
    message: expect.stringContaining('the network is not to be used'),
  });
  expect(hub.requests).toEqual([]);
});

test('what cannot run without a download or a folder says so', async () => {
  const path = fileURLToPath(new URL('../../../examples/audio/french-goodbye.wav', import.meta.url));
  const document = createInferenceDocument(inference, '1', async () => ({ path }));
  await expect(document.request('tokenize', { tokenizer: id })).rejects.toMatchObject({ code: 'model-offline' });
  const needing = document.request('tokenize', { tokenizer: 'ssl:units' });
  await expect(needing).rejects.toMatchObject({ code: 'model-missing', message: expect.stringMatching(/setting/) });
  expect(hub.requests).toEqual([]);
});

test('packages that are named one by one are listed, and what is wrong with others', async () => {
  const example = fileURLToPath(new URL('../../../examples/plugin-example', import.meta.url));
  const nowhere = join(home, 'nowhere');
  inference.configure({ pluginDirectories: [], pluginPackages: [nowhere, example], allowedPlugins: [] });
  const { tokenizers, problems } = await inference.request('tokenizers', null);
  expect(tokenizers.find((one) => one.id === 'bands:mel-16')).toMatchObject({ isBundled: false });
  expect(problems).toEqual([expect.stringContaining(nowhere)]);
});

test('a folder of the settings stands in for what would be fetched', async () => {
  const folder = fileURLToPath(golden);
  inference.configure({ pluginDirectories: [], allowedPlugins: [], checkpoints: { [id]: folder } });
  expect(await model()).toMatchObject({ state: 'own-folder', source: folder });
  const needing = (await inference.request('tokenizers', null)).tokenizers.find((one) => one.id === 'ssl:units');
  expect(needing?.model?.state).toBe('needs-folder');
});
