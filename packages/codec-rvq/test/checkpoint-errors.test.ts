import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findComponent } from '@speech-tokens/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import plugin from '../src/index.ts';
import { modelsIn, tinyDirectory } from './support/local-models.ts';

const tokenizerComponent = findComponent(plugin, 'tokenizer', 'rvq:speech-16khz');
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'speech-codec-'));
});
afterAll(() => rm(directory, { recursive: true }));

const load = () => tokenizerComponent.load({ models: modelsIn(directory) });
const restore = async () => {
  for (const name of ['config.json', 'model.safetensors']) {
    await copyFile(fileURLToPath(new URL(name, tinyDirectory)), join(directory, name));
  }
};

test('a configuration that does not belong to the weights is named with the tensor and both shapes', async () => {
  await restore();
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'));
  config.encoder.channels_50hz = 32;
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  await expect(load()).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    details: { tensor: 'encoder.downsample.weight' },
    message: expect.stringContaining('found float16 [32, 24], wanted a float tensor of shape [32, 32]'),
  });
});

test('truncated weights are refused before they run', async () => {
  await restore();
  const path = join(directory, 'model.safetensors');
  const bytes = await readFile(path);
  for (const length of [0, 7, 100, bytes.length - 1]) {
    await writeFile(path, bytes.subarray(0, length));
    await expect(load()).rejects.toMatchObject({ code: 'checkpoint-invalid', details: { path } });
  }
});
