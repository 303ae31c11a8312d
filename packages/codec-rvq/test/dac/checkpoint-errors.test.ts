import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findComponent } from '@speech-tokens/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelsIn } from '../support/local-models.ts';
import { dacPlugin, tinyCheckpoint } from './codecs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dac-'));
  await cp(tinyCheckpoint('dac-44khz'), directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true }));

const load = (kind: 'tokenizer' | 'detokenizer') =>
  findComponent(dacPlugin, kind as 'tokenizer', 'rvq:dac-44khz').load({ models: modelsIn(directory) });
const changeConfig = async (changes: Readonly<Record<string, unknown>>): Promise<void> => {
  const path = join(directory, 'config.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...changes }));
};
const refusal = (tensor: string, message: string) => ({
  code: 'checkpoint-invalid',
  details: { path: join(directory, 'model.safetensors'), tensor },
  message: expect.stringContaining(message),
});

test('a configuration of another width is refused with the tensor and both shapes', async () => {
  await changeConfig({ encoder_hidden_size: 8, decoder_hidden_size: 48 });
  await expect(load('tokenizer')).rejects.toMatchObject(
    refusal('encoder.conv1.weight', 'found float32 [4, 1, 7], wanted a float tensor of shape [8, 1, 7]'),
  );
  await expect(load('detokenizer')).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    details: { tensor: expect.stringMatching(/^(decoder|quantizer)\./) },
  });
});

test('other strides, and more codebooks or blocks than the weights have, are named', async () => {
  await changeConfig({ downsampling_ratios: [2, 4, 8] });
  await expect(load('tokenizer')).rejects.toMatchObject(
    refusal('encoder.block.2.conv1.weight', 'wanted a float tensor of shape [32, 16, 16]'),
  );
  await expect(load('detokenizer')).rejects.toMatchObject(
    refusal('decoder.block.0.conv_t1.weight', 'wanted a float tensor of shape [24, 12, 16]'),
  );
  await changeConfig({ downsampling_ratios: [2, 4, 4], n_codebooks: 5 });
  for (const kind of ['tokenizer', 'detokenizer'] as const) {
    await expect(load(kind)).rejects.toMatchObject({
      code: 'checkpoint-invalid',
      details: { tensor: expect.stringMatching(/^quantizer\.quantizers\.4\./) },
    });
  }
});

test('the configuration of another codec is refused with the field', async () => {
  await changeConfig({ model_type: 'encodec' });
  await expect(load('tokenizer')).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    details: { path: join(directory, 'config.json') },
    message: expect.stringContaining('(model_type): found "encodec", wanted "dac"'),
  });
});

test('truncated weights are refused before they run', async () => {
  const path = join(directory, 'model.safetensors');
  const bytes = await readFile(path);
  for (const length of [0, 7, 100, bytes.length - 1]) {
    await writeFile(path, bytes.subarray(0, length));
    await expect(load('tokenizer')).rejects.toMatchObject({ code: 'checkpoint-invalid', details: { path } });
  }
});
