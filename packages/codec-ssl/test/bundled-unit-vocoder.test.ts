import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, parseSafetensorsHeader, type SpeechDetokenizerV1, sliceGrid } from '@speech-tokens/core';
import { createModelStore } from '@speech-tokens/core/node';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unitVocoderComponents } from '../src/unit-vocoder/unit-vocoder-components.ts';
import { goldenFolder } from './support/reference.ts';
import { gridOf, signalToNoiseDb } from './support/vocoder.ts';

// The shipped weights at full size: kernels choose their ways by size, so a small model would not prove exactness here.

const models = createModelStore();
let vocoders: readonly SpeechDetokenizerV1[];
beforeAll(async () => {
  vocoders = await Promise.all(unitVocoderComponents.map((component) => component.load({ models, threadCount: 1 })));
});
afterAll(async () => {
  for (const vocoder of vocoders) await vocoder.close();
});

test('each set of units has its detokenizer, and sounds as PyTorch computes it', async () => {
  const path = join(goldenFolder('unit-vocoder-50hz'), 'golden.safetensors');
  const bytes = new Uint8Array(await readFile(path));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path });
  const read = (name: string): ArrayBuffer => {
    const { offsetBytes, sizeBytes } = tensors.get(name)!;
    return bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer;
  };
  expect(unitVocoderComponents.map(({ id }) => id)).toEqual([100, 200, 500].map((k) => `ssl:units-50hz-k${k}`));
  for (const vocoder of vocoders) {
    const { size } = vocoder.tokenSpace.codebooks[0]!;
    const { channels } = await vocoder.detokenize(gridOf(vocoder, new Int32Array(read(`units_${size}`))));
    const wanted = new Float32Array(read(`samples_${size}_0`));
    expect(signalToNoiseDb(channels[0]!, wanted), `${size} units`).toBeGreaterThan(50);
  }
});

test('streams equal the whole bit for bit, whatever the pieces', async () => {
  const random = createRandom('bundled units');
  for (const vocoder of vocoders) {
    const { size } = vocoder.tokenSpace.codebooks[0]!;
    const ids = Array.from({ length: 171 }, () => random.nextInteger(size));
    const grid = { ...gridOf(vocoder, ids), sampleCount: 171 * 320 + 400 };
    const whole = (await vocoder.detokenize(grid)).channels[0]!;
    for (const pieces of [[1], [2, 9, 64, 3], [103]]) {
      const stream = await vocoder.streaming!.open();
      const found: number[] = [];
      for (let start = 0, i = 0; start < grid.sampleCount; i++) {
        const end = Math.min(grid.sampleCount, start + pieces[i % pieces.length]! * 320);
        for (const { channels } of await stream.push(sliceGrid(grid, start, end))) found.push(...channels[0]!);
        start = end;
      }
      for (const { channels } of await stream.flush()) found.push(...channels[0]!);
      expect(Float32Array.from(found), `${size} units in pieces of ${pieces}`).toEqual(whole);
    }
  }
}, 120_000);

describe('conformance', () =>
  defineConformanceTests(
    { test, after: afterAll },
    conformanceOfPlugin({ specificationVersion: 'v1', components: unitVocoderComponents.slice(0, 1) }, { models }),
  ));
