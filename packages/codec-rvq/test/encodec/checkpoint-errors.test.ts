import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findComponent } from '@speech-tokens/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { modelsIn } from '../support/local-models.ts';
import { encodecPlugin, tinyCheckpoint } from './codecs.ts';

describe.each(['encodec-24khz', 'encodec-48khz', 'encodec-32khz'])('%s', (name) => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'encodec-'));
    await cp(tinyCheckpoint(name), directory, { recursive: true });
  });
  afterEach(() => rm(directory, { recursive: true }));

  const load = (kind: 'tokenizer' | 'detokenizer') =>
    findComponent(encodecPlugin, kind as 'tokenizer', `rvq:${name}`).load({ models: modelsIn(directory) });
  const changeConfig = async (changes: Readonly<Record<string, unknown>>): Promise<void> => {
    const path = join(directory, 'config.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...changes }));
  };

  test('a configuration of another width is refused with the tensor and both shapes', async () => {
    await changeConfig({ num_filters: 8 });
    const refusal = {
      code: 'checkpoint-invalid',
      details: {
        path: join(directory, 'model.safetensors'),
        tensor: expect.stringMatching(/^encoder\.layers\.0\.conv\./),
      },
      message: expect.stringMatching(/found float(16|32) \[[34],.*wanted a float tensor of shape \[8,/s),
    };
    await expect(load('tokenizer')).rejects.toMatchObject(refusal);
    await expect(load('detokenizer')).rejects.toMatchObject({
      code: 'checkpoint-invalid',
      details: { tensor: expect.stringMatching(/^decoder\.layers\./) },
    });
  });

  test('more layers or codebooks than the weights have are named', async () => {
    await changeConfig({ target_bandwidths: [100] });
    await expect(load('tokenizer')).rejects.toMatchObject({
      code: 'checkpoint-invalid',
      details: { tensor: expect.stringMatching(/^quantizer\.layers\.\d+\.codebook\.embed$/) },
    });
    await changeConfig({ target_bandwidths: [12], num_residual_layers: 9 });
    await expect(load('tokenizer')).rejects.toMatchObject({
      code: 'checkpoint-invalid',
      details: { tensor: expect.stringMatching(/^encoder\.layers\./) },
    });
  });

  test('the configuration of another codec is refused with the field', async () => {
    for (const [changes, field] of [
      [{ model_type: 'mimi' }, 'model_type'],
      [{ use_causal_conv: name !== 'encodec-24khz' }, 'use_causal_conv'],
      [{ pad_mode: 'constant' }, 'pad_mode'],
    ] as const) {
      const path = join(directory, 'config.json');
      const before = await readFile(path);
      await changeConfig(changes);
      await expect(load('tokenizer')).rejects.toMatchObject({
        code: 'checkpoint-invalid',
        details: { path },
        message: expect.stringContaining(`(${field})`),
      });
      await writeFile(path, before);
    }
  });

  test('truncated weights are refused before they run', async () => {
    const path = join(directory, 'model.safetensors');
    const bytes = await readFile(path);
    for (const length of [0, 7, 100, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length));
      await expect(load('tokenizer')).rejects.toMatchObject({ code: 'checkpoint-invalid', details: { path } });
    }
  });
});
