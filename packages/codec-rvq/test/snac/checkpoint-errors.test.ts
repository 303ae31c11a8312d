import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findComponent } from '@speech-tokens/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelsIn } from '../support/local-models.ts';
import { snacPlugin, tinyCheckpoint } from './codecs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'snac-'));
  await cp(tinyCheckpoint('snac-44khz'), directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true }));

const load = (kind: 'tokenizer' | 'detokenizer', id = 'rvq:snac-44khz') =>
  findComponent(snacPlugin, kind as 'tokenizer', id).load({ models: modelsIn(directory) });
const changeConfig = async (changes: Readonly<Record<string, unknown>>): Promise<void> => {
  const path = join(directory, 'config.json');
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...changes }));
};
const refusal = (tensor: string, message: RegExp) => ({
  code: 'checkpoint-invalid',
  details: { path: join(directory, 'pytorch_model.bin'), tensor },
  message: expect.stringMatching(message),
});

test('a configuration of another width is refused with the tensor and both shapes', async () => {
  await changeConfig({ encoder_dim: 32 });
  await expect(load('tokenizer')).rejects.toMatchObject(
    refusal('encoder.block.0.parametrizations.weight.original0', /found float16 \[16, 1, 1\].*\[32, 1, 1\]/s),
  );
  await changeConfig({ encoder_dim: 16, decoder_dim: 128 });
  await expect(load('detokenizer')).rejects.toMatchObject(
    refusal('decoder.model.1.parametrizations.weight.original0', /found float16 \[64, 1, 1\].*\[128, 1, 1\]/s),
  );
});

test('parts that the weights do not have are named', async () => {
  await changeConfig({ vq_strides: [8, 4, 2, 1, 1] });
  await expect(load('tokenizer')).rejects.toMatchObject(refusal('quantizer.quantizers.4.in_proj.weight', /found no/));
  await changeConfig({ vq_strides: [8, 4, 2, 1], attn_window_size: null });
  await expect(load('tokenizer')).rejects.toMatchObject(refusal('encoder.block.3.weight', /found no tensor/));
  await changeConfig({ attn_window_size: 6, noise: false });
  // Without noise, the residual units are counted from where the noise was.
  await expect(load('detokenizer')).rejects.toMatchObject(
    refusal('decoder.model.3.block.2.block.0.alpha', /found no tensor/),
  );
});

test('the configuration of another codec is refused with the field', async () => {
  await cp(join(tinyCheckpoint('dac-44khz'), 'config.json'), join(directory, 'config.json'));
  await expect(load('tokenizer')).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    details: { path: join(directory, 'config.json') },
    message: expect.stringContaining('(encoder_dim)'),
  });
});

test('truncated weights are refused before they run', async () => {
  const path = join(directory, 'pytorch_model.bin');
  const bytes = await readFile(path);
  for (const length of [0, 7, 100, bytes.length - 1]) {
    await writeFile(path, bytes.subarray(0, length));
    await expect(load('tokenizer')).rejects.toMatchObject({ code: 'checkpoint-invalid', details: { path } });
  }
});

test('weights of any size of the family run under any of its ids, in a space of their own', async () => {
  const tokenizer = await load('tokenizer', 'rvq:snac-24khz');
  expect(tokenizer.tokenSpace.sampleRateHz).toBe(44_100);
  expect(tokenizer.tokenSpace.id).toMatch(/^rvq:snac-24khz#[0-9a-f]{12}$/);
  await tokenizer.close();
});
