import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findComponent } from '@speech-tokens/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelsIn } from '../support/local-models.ts';
import { mimiPlugin, tinyCheckpoint } from './codec.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mimi-'));
  await cp(tinyCheckpoint, directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true }));

const load = (kind: 'tokenizer' | 'detokenizer') =>
  findComponent(mimiPlugin, kind as 'tokenizer', 'rvq:mimi').load({ models: modelsIn(directory) });
const changeConfig = async (changes: Readonly<Record<string, unknown>>): Promise<void> => {
  const path = join(directory, 'config.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...changes }));
};

test('a configuration of another size is refused with the tensor and both shapes', async () => {
  for (const [changes, tokenizerTensor, detokenizerTensor] of [
    [{ num_filters: 8 }, /^encoder\.layers\.0\.conv\./, /^decoder\.layers\./],
    [
      { intermediate_size: 41 },
      /^encoder_transformer\.layers\.0\.mlp\.fc1/,
      /^decoder_transformer\.layers\.0\.mlp\.fc1/,
    ],
    [
      { head_dim: 10 },
      /^encoder_transformer\.layers\.0\.self_attn\.q_proj/,
      /^decoder_transformer\.layers\.0\.self_attn/,
    ],
    [{ codebook_size: 32 }, /^quantizer\.semantic_.*\.cluster_usage$/, /^quantizer\.semantic_.*\.cluster_usage$/],
  ] as const) {
    const before = await readFile(join(directory, 'config.json'));
    await changeConfig(changes);
    for (const [kind, tensor] of [
      ['tokenizer', tokenizerTensor],
      ['detokenizer', detokenizerTensor],
    ] as const) {
      await expect(load(kind)).rejects.toMatchObject({
        code: 'checkpoint-invalid',
        details: { path: join(directory, 'model.safetensors'), tensor: expect.stringMatching(tensor) },
        message: expect.stringMatching(/found float32 \[.*wanted a float tensor of shape \[/s),
      });
    }
    await writeFile(join(directory, 'config.json'), before);
  }
});

test('more layers or codebooks than the weights have are named', async () => {
  await changeConfig({ num_quantizers: 9 });
  await expect(load('tokenizer')).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    details: { tensor: 'quantizer.acoustic_residual_vector_quantizer.layers.5.codebook.cluster_usage' },
  });
  await changeConfig({ num_quantizers: 6, num_hidden_layers: 3 });
  await expect(load('detokenizer')).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    details: { tensor: expect.stringMatching(/^decoder_transformer\.layers\.2\./) },
  });
});

test('the configuration of another codec is refused with the field', async () => {
  await changeConfig({ model_type: 'encodec' });
  await expect(load('tokenizer')).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    details: { path: join(directory, 'config.json') },
    message: expect.stringContaining('(model_type): found "encodec", wanted "mimi"'),
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

test('the weights of another model are refused with the first tensor that is missing', async () => {
  await cp(new URL('../golden/encodec-24khz/model.safetensors', import.meta.url), join(directory, 'model.safetensors'));
  await expect(load('tokenizer')).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    details: { tensor: expect.stringMatching(/^encoder\.layers\.0\.conv\./) },
  });
});
