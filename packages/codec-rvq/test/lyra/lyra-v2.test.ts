import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findComponent,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type SpeechPluginV1,
  type SpeechTokenizerV1,
  type TokenGrid,
} from '@speech-tokens/core';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { familyComponents } from '../../src/family/codec-family.ts';
import { lyraFamily } from '../../src/lyra/lyra-family.ts';
import { modelsIn } from '../support/local-models.ts';
import { speechLikeSamples } from '../support/signals.ts';
import { isLyraThere, lyraDirectory, whenLyraIsThere } from './real-files.ts';
import { readReference } from './reference.ts';

const plugin: SpeechPluginV1 = { specificationVersion: 'v1', components: familyComponents(lyraFamily) };
const files = Object.values(lyraFamily.files);

test('the space is known before anything is loaded, from the hashes of the files', () => {
  const { tokenSpace } = findComponent(plugin, 'tokenizer', 'rvq:lyra-v2');
  expect(tokenSpace.id).toMatch(/^rvq:lyra-v2#[0-9a-f]{12}$/);
  expect(tokenSpace).toMatchObject({ sampleRateHz: 16_000, prefixDecodable: true });
  expect(tokenSpace.codebooks).toHaveLength(46);
  expect(tokenSpace.codebooks[45]).toEqual({ name: 'codebook-45', size: 16, hopSamples: 320 });
  for (const { source } of files) {
    expect(source).toMatchObject({ type: 'https', url: expect.stringMatching(/\/google\/lyra\/[0-9a-f]{40}\//) });
  }
});

describe.skipIf(!isLyraThere)(`Lyra's own files ${whenLyraIsThere}`, () => {
  let tokenizer: SpeechTokenizerV1;
  let detokenizer: SpeechDetokenizerV1;
  const context = { models: modelsIn(lyraDirectory) };
  beforeAll(async () => {
    tokenizer = await findComponent(plugin, 'tokenizer', 'rvq:lyra-v2').load(context);
    detokenizer = await findComponent(plugin, 'detokenizer', 'rvq:lyra-v2').load(context);
  });
  afterAll(async () => {
    await tokenizer.close();
    await detokenizer.close();
  });
  const clipOf = (samples: Float32Array) => ({ sampleRateHz: 16_000, channels: [samples] });

  defineConformanceTests({ test, after: afterAll }, conformanceOfPlugin(plugin, context));

  test('are those that the family names', async () => {
    for (const { name, sha256, sizeBytes } of files) {
      const bytes = await readFile(join(lyraDirectory, name));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      expect(bytes.length).toBe(sizeBytes);
    }
    expect(tokenizer.tokenSpace).toEqual(findComponent(plugin, 'tokenizer', 'rvq:lyra-v2').tokenSpace);
  });

  test("give the tokens and the samples of the authors' runtime", async () => {
    const reference = await readReference();
    const grid = await tokenizer.tokenize(clipOf(reference.samples));
    const frames = reference.samples.length / 320;
    const isSame = Array.from({ length: 46 * frames }, (_, i) => {
      const [frame, k] = [Math.floor(i / 46), i % 46];
      return grid.tracks[k]!.ids[frame] === reference.codes[i];
    });
    // A sum of reals may round to the other side of an 8-bit step on another processor, and changes a few frames.
    expect(isSame.filter(Boolean).length / isSame.length).toBeGreaterThan(0.98);
    const tracks = Array.from({ length: 46 }, (_, k) => ({
      ids: Uint32Array.from({ length: frames }, (_, frame) => reference.codes[frame * 46 + k]!),
    }));
    for (const count of [16, 46] as const) {
      const wanted = reference.audio[count];
      const { channels } = await detokenizer.detokenize({ ...grid, tracks: tracks.slice(0, count) });
      const energy = (of: (i: number) => number): number => wanted.reduce((sum, _, i) => sum + of(i) ** 2, 0);
      const noise = energy((i) => channels[0]![i]! - wanted[i]!);
      expect(10 * Math.log10(energy((i) => wanted[i]!) / noise)).toBeGreaterThan(30);
    }
  });

  test('give in a stream what they give at once, bit for bit, however it is cut', async () => {
    const samples = speechLikeSamples(50_001, 'lyra');
    const whole = await tokenizer.tokenize(clipOf(samples));
    const audio = (await detokenizer.detokenize(whole)).channels[0]!;
    expect(audio).toHaveLength(samples.length);
    for (const chunkSamples of [320, 700, 2_113, 40_000]) {
      const grids = await streamTokens(tokenizer, samples, chunkSamples);
      for (const [k, { ids }] of whole.tracks.entries()) {
        expect(grids.flatMap((grid) => [...grid.tracks[k]!.ids])).toEqual([...ids]);
      }
    }
    for (const chunkFrames of [1, 7, 120]) {
      const chunks = await streamAudio(detokenizer, whole, chunkFrames);
      const joined = Float32Array.from(chunks.flatMap(({ channels }) => [...channels[0]!]));
      expect(Buffer.from(joined.buffer).equals(Buffer.from(audio.slice().buffer))).toBe(true);
    }
  });

  test('give each further codebook a part in the sound, and take any number of them', async () => {
    const samples = speechLikeSamples(16_000, 'prefix');
    const whole = await tokenizer.tokenize(clipOf(samples));
    const distances: number[] = [];
    for (const codebookCount of [1, 4, 16, 30, 46]) {
      const grid = await tokenizer.tokenize(clipOf(samples), { codebookCount });
      expect(grid.tracks).toEqual(whole.tracks.slice(0, codebookCount));
      const [decoded] = (await detokenizer.detokenize(grid)).channels;
      distances.push(samples.reduce((sum, x, i) => sum + (x - decoded![i]!) ** 2, 0));
    }
    expect(distances).toEqual([...distances].sort((a, b) => b - a));
    expect(new Set(distances).size).toBe(distances.length);
  });

  test('are refused where they are exchanged or cut short, with the file and what is wrong', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lyra-'));
    const put = async (sources: Readonly<Record<string, string>>): Promise<void> => {
      for (const { name } of files) await copyFile(join(lyraDirectory, sources[name] ?? name), join(folder, name));
    };
    const load = async (kind: 'tokenizer' | 'detokenizer') => {
      const component = findComponent(plugin, kind as 'tokenizer', 'rvq:lyra-v2');
      await (await component.load({ models: modelsIn(folder) })).close();
    };
    const refused = (name: string, message: RegExp) => ({
      code: 'checkpoint-invalid',
      details: { path: join(folder, name) },
      message: expect.stringMatching(message),
    });
    const [encoder, quantizer, decoder] = ['soundstream_encoder.tflite', 'quantizer.tflite', 'lyragan.tflite'] as const;
    await put({ [encoder]: decoder });
    await expect(load('tokenizer')).rejects.toMatchObject(refused(encoder, /found an input \[1, 1, 64\]/));
    await put({ [decoder]: encoder });
    await expect(load('detokenizer')).rejects.toMatchObject(refused(decoder, /found an input float32 \[1, 320\]/));
    await put({ [quantizer]: encoder });
    await expect(load('detokenizer')).rejects.toMatchObject(refused(quantizer, /is no quantizer of this codec/));
    await put({});
    await writeFile(join(folder, decoder), (await readFile(join(lyraDirectory, decoder))).subarray(0, 1_000_000));
    await expect(load('detokenizer')).rejects.toMatchObject(refused(decoder, /cannot be read as a TFLite model/));
    await rm(folder, { recursive: true });
  });
});

async function streamTokens(
  tokenizer: SpeechTokenizerV1,
  samples: Float32Array,
  chunkSamples: number,
): Promise<readonly TokenGrid[]> {
  const session = await tokenizer.streaming!.open();
  const grids: TokenGrid[] = [];
  for (let at = 0; at < samples.length; at += chunkSamples) {
    const channels = [samples.subarray(at, at + chunkSamples)];
    grids.push(...(await session.push({ sampleRateHz: 16_000, channels, startSample: at })));
  }
  grids.push(...(await session.flush()));
  await session.close();
  return grids;
}

async function streamAudio(
  detokenizer: SpeechDetokenizerV1,
  grid: TokenGrid,
  chunkFrames: number,
): Promise<readonly PcmChunk[]> {
  const session = await detokenizer.streaming!.open();
  const chunks: PcmChunk[] = [];
  const frames = grid.tracks[0]!.ids.length;
  for (let at = 0; at < frames; at += chunkFrames) {
    const end = Math.min(frames, at + chunkFrames);
    const piece = {
      ...grid,
      startSample: at * 320,
      sampleCount: Math.min(end * 320, grid.sampleCount) - at * 320,
      tracks: grid.tracks.map(({ ids }) => ({ ids: ids.subarray(at, end) })),
    };
    chunks.push(...(await session.push(piece)));
  }
  chunks.push(...(await session.flush()));
  await session.close();
  return chunks;
}
