import { readFile } from 'node:fs/promises';
import {
  findComponent,
  parseSafetensorsHeader,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
} from '@speech-tokens/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import plugin from '../src/index.ts';
import { modelsIn, tinyDirectory } from './support/local-models.ts';

// A codec with random weights and sizes unlike the shipped one's, and what PyTorch computes with it: made by
// tools/train/codec/make_golden.py.

let tokenizer: SpeechTokenizerV1;
let detokenizer: SpeechDetokenizerV1;
let golden: Awaited<ReturnType<typeof readGolden>>;

beforeAll(async () => {
  const context = { models: modelsIn(tinyDirectory) };
  tokenizer = await findComponent(plugin, 'tokenizer', 'rvq:speech-16khz').load(context);
  detokenizer = await findComponent(plugin, 'detokenizer', 'rvq:speech-16khz').load(context);
  golden = await readGolden();
});

afterAll(async () => {
  await tokenizer.close();
  await detokenizer.close();
});

async function readGolden() {
  const bytes = new Uint8Array(await readFile(new URL('golden.safetensors', tinyDirectory)));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path: 'golden.safetensors' });
  const data = (name: string): ArrayBuffer => {
    const { offsetBytes, sizeBytes } = tensors.get(name)!;
    return bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer;
  };
  return {
    samples: new Float32Array(data('input')),
    /** `[frames, 4]` */
    codes: new Int32Array(data('codes')),
    decodedAll: new Float32Array(data('decoded_8')),
    decodedTwo: new Float32Array(data('decoded_2')),
  };
}

function snrDb(wanted: Float32Array, found: Float32Array): number {
  let [signal, noise] = [0, 0];
  for (const [i, value] of wanted.entries()) {
    signal += value ** 2;
    noise += (value - found[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

test('the space follows from the checkpoint', () => {
  expect(tokenizer.tokenSpace.codebooks.map(({ size, hopSamples }) => [size, hopSamples])).toEqual(
    Array.from({ length: 4 }, () => [64, 320]),
  );
  expect(tokenizer.tokenSpace.id).toMatch(/^rvq:speech-16khz#[0-9a-f]{12}$/);
  expect(tokenizer.tokenSpace.id).not.toBe(findComponent(plugin, 'tokenizer', 'rvq:speech-16khz').tokenSpace.id);
  expect(detokenizer.tokenSpace).toEqual(tokenizer.tokenSpace);
});

test('codes equal those of PyTorch', async () => {
  const grid = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [golden.samples] });
  const frames = golden.codes.length / 4;
  expect(frames).toBe(Math.ceil(golden.samples.length / 320));
  for (const [k, { ids }] of grid.tracks.entries()) {
    expect([...ids]).toEqual(Array.from({ length: frames }, (_, t) => golden.codes[t * 4 + k]));
    expect(new Set(ids).size).toBeGreaterThan(10);
  }
});

// A hop of pulses begins at a rounded phase, and one that is rounded the other way is heard at about -60 dB.
test('audio equals that of PyTorch to 55 dB, with all codebooks and with two', async () => {
  const tracks = [0, 1, 2, 3].map((k) => ({ ids: Uint32Array.from(golden.codes.filter((_, i) => i % 4 === k)) }));
  const grid = { tokenSpace: detokenizer.tokenSpace, startSample: 0, sampleCount: golden.samples.length, tracks };
  const all = await detokenizer.detokenize(grid);
  const two = await detokenizer.detokenize(grid, { codebookCount: 2 });
  expect(all.channels[0]!.length).toBe(golden.samples.length);
  expect(snrDb(golden.decodedAll, all.channels[0]!)).toBeGreaterThan(55);
  expect(snrDb(golden.decodedTwo, two.channels[0]!)).toBeGreaterThan(55);
  expect(snrDb(golden.decodedAll, golden.decodedTwo)).toBeLessThan(40);
});
