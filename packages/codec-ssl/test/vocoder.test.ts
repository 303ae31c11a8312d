import { createRandom, mergeRepeats, sliceGrid } from '@speech-tokens/core';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { openDurationPredictor } from '../src/index.ts';
import { unitHifiGan } from '../src/vocoder/unit-hifigan.ts';
import { greatestDifference } from './support/reference.ts';
import { codeOf } from './support/units.ts';
import {
  changedVocoder,
  gridOf,
  loadVocoder,
  readVocoderReference,
  signalToNoiseDb,
  vocoderFolder,
  vocoderModels,
  withWindows,
} from './support/vocoder.ts';

// The authors' architecture in a small size with random weights, and what PyTorch computes with it:
// tools/reference/make_vocoder.py.

const reference = await readVocoderReference(vocoderFolder);

/** Torch's older names of weight norm. */
const olderName = (name: string): string =>
  name
    .replace('parametrizations.weight.original0', 'weight_g')
    .replace('parametrizations.weight.original1', 'weight_v');

const folders = {
  'weight norm as parametrizations': vocoderFolder,
  'weight norm by its older names': await changedVocoder({ rename: olderName }),
  'a whole model with the vocoder in it': await changedVocoder({ rename: (name) => `vocoder.${name}` }),
};

describe.each(Object.entries(folders))('%s', (_, folder) => {
  test('sound equals that of PyTorch, with predicted durations and with a frame for each unit', async () => {
    const detokenizer = await loadVocoder(folder);
    const predictor = await openDurationPredictor(folder);
    const units = Uint32Array.from(reference.units);
    expect(await predictor.predict(units)).toEqual(Uint32Array.from(reference.durations));
    const timed = await predictor.toGrid(units);
    expect(timed.sampleCount).toBe(reference.cases[0]!.predicted.length);
    expect(reference.cases.length).toBe(2);
    for (const { speaker, language, predicted, byFrame } of reference.cases) {
      const conditioning = { speaker, language };
      const long = await detokenizer.detokenize(timed, { conditioning });
      expect(signalToNoiseDb(long.channels[0]!, predicted)).toBeGreaterThan(90);
      const short = await detokenizer.detokenize(gridOf(detokenizer, units), { conditioning });
      expect(signalToNoiseDb(short.channels[0]!, byFrame)).toBeGreaterThan(90);
    }
    await predictor.close();
    await detokenizer.close();
  });
});

test('merged repeats, written out, sound as their frames', async () => {
  const detokenizer = await loadVocoder(vocoderFolder);
  const predictor = await openDurationPredictor(vocoderFolder);
  const grid = await predictor.toGrid(Uint32Array.from(reference.units));
  const merged = mergeRepeats.apply(grid);
  const durations = merged.tracks[0]!.durationsFrames!;
  expect(durations.length).toBeLessThan(grid.tracks[0]!.ids.length);
  const { channels } = await detokenizer.detokenize(mergeRepeats.invert(merged));
  expect(signalToNoiseDb(channels[0]!, reference.cases[0]!.predicted)).toBeGreaterThan(90);
  expect(await codeOf(() => detokenizer.detokenize(merged))).toContain('token-space-mismatch');
  await predictor.close();
  await detokenizer.close();
});

const random = createRandom('units');
const manyUnits = Array.from({ length: 171 }, () => random.nextInteger(24));

test('windows of any length give the sound of the whole: their context is the receptive field', async () => {
  const whole = await withWindows(vocoderFolder, { coreFrames: 1_000, contextFrames: 0 });
  const { channels } = await whole.detokenize(gridOf(whole, manyUnits));
  for (const coreFrames of [1, 7, 64]) {
    const cut = await withWindows(vocoderFolder, { coreFrames });
    const found = await cut.detokenize(gridOf(cut, manyUnits));
    expect(greatestDifference(found.channels[0]!, channels[0]!), `windows of ${coreFrames}`).toBeLessThan(1e-5);
    await cut.close();
  }
  await whole.close();
});

test('streams equal the whole bit for bit, whatever the pieces, within the latency', async () => {
  const detokenizer = await loadVocoder(vocoderFolder);
  // A recording whose last window of 400 samples lies a frame before its end.
  const grid = { ...gridOf(detokenizer, manyUnits), sampleCount: 171 * 320 + 399 };
  const conditioning = { speaker: 'ada', language: 'deu' };
  const whole = (await detokenizer.detokenize(grid, { conditioning })).channels[0]!;
  expect(whole.length).toBe(grid.sampleCount);
  expect(whole.subarray(171 * 320).every((sample) => sample === 0)).toBe(true);
  for (const frames of [1, 3, 50, 86]) {
    const stream = await detokenizer.streaming!.open({ conditioning });
    const found: Float32Array[] = [];
    for (let start = 0; start < grid.sampleCount; start += frames * 320) {
      const piece = sliceGrid(grid, start, Math.min(grid.sampleCount, start + frames * 320));
      for (const chunk of await stream.push(piece)) found.push(chunk.channels[0]!);
      const pushed = Math.min(grid.sampleCount, start + frames * 320);
      const given = found.reduce((sum, samples) => sum + samples.length, 0);
      expect(given).toBeGreaterThanOrEqual(pushed - detokenizer.streaming!.latencySamples);
    }
    for (const chunk of await stream.flush()) found.push(chunk.channels[0]!);
    const joined = Float32Array.from(found.flatMap((samples) => [...samples]));
    expect(joined, `pieces of ${frames}`).toEqual(whole);
  }
  await detokenizer.close();
});

test('units that follow the end of a recording are refused, and the stream stands where it stood', async () => {
  const detokenizer = await loadVocoder(vocoderFolder);
  // By themselves, ten hops have nine windows of 400 samples: no unit follows the last one.
  const ended = { ...gridOf(detokenizer, manyUnits.slice(0, 9)), sampleCount: 3_200 };
  const more = { ...gridOf(detokenizer, manyUnits.slice(0, 5)), startSample: 3_200 };
  const stream = await detokenizer.streaming!.open();
  await stream.push(ended);
  expect(await codeOf(() => stream.push(more))).toContain('token-grid-invalid: Units follow the end of a recording');
  const [chunk] = await stream.flush();
  expect(chunk!.channels).toEqual((await detokenizer.detokenize(ended)).channels);
  expect(chunk!.channels[0]!.subarray(9 * 320).every((sample) => sample === 0)).toBe(true);
  await detokenizer.close();
});

test('the voice is a number or a name that vocoder.json has; others are refused', async () => {
  const detokenizer = await loadVocoder(vocoderFolder);
  const grid = gridOf(detokenizer, reference.units);
  const soundOf = async (conditioning?: { [name: string]: string | number }) =>
    (await detokenizer.detokenize(grid, conditioning === undefined ? {} : { conditioning })).channels[0]!;
  expect(await soundOf({ speaker: 'ada', language: 'deu' })).toEqual(await soundOf({ speaker: 2, language: 3 }));
  expect(await soundOf()).toEqual(await soundOf({ speaker: 0, language: 'eng' }));
  expect(greatestDifference(await soundOf({ speaker: 1 }), await soundOf())).toBeGreaterThan(0.01);
  expect(greatestDifference(await soundOf({ language: 1 }), await soundOf())).toBeGreaterThan(0.01);
  for (const [conditioning, found] of [
    [{ speaker: 3 }, 'a number from 0 to 2, or one of "ada"'],
    [{ speaker: -1 }, 'speaker'],
    [{ language: 'fra' }, '"eng", "deu"'],
    [{ language: 0.5 }, 'language'],
    [{ style: 'calm' }, 'speaker or language'],
  ] as const) {
    const message = await codeOf(() => soundOf(conditioning as { [name: string]: string | number }));
    expect(message).toContain('argument-invalid');
    expect(message).toContain(found);
  }
  await detokenizer.close();
});

test('a folder may say which voice is meant where none is named', async () => {
  const other = await loadVocoder(await changedVocoder({ settings: { speaker: 'ada', language: 3 } }));
  const { channels } = await other.detokenize(gridOf(other, reference.units));
  expect(signalToNoiseDb(channels[0]!, reference.cases[1]!.byFrame)).toBeGreaterThan(90);
  await other.close();
});

test('folders and checkpoints that do not fit are refused with what is wrong', async () => {
  const load = async (changes: Parameters<typeof changedVocoder>[0]) => {
    const folder = await changedVocoder(changes);
    return codeOf(async () => (await loadVocoder(folder)).close());
  };
  const without = (part: string) => ({ rename: (name: string) => (name.startsWith(part) ? null : name) });
  for (const [changes, found] of [
    [without('hifi_gan.upsampler.2.bias'), 'hifi_gan.upsampler.2.bias'],
    [without('unit_embedding'), 'unit_embedding.weight'],
    [without('hifi_gan.resblocks.4.convs2.1'), 'hifi_gan.resblocks.4.convs2.1.weight'],
    [{ config: { unit_embed_dim: 15 } }, 'unit_embedding.weight'],
    [{ config: { upsample_initial_channel: 32 } }, 'hifi_gan.conv_pre'],
    [{ config: { vocoder_num_spkrs: 4 } }, 'speaker_embedding.weight'],
    [{ config: { model_type: 'hubert' } }, '(model_type)'],
    [{ config: { upsample_kernel_sizes: [16, 11, 8, 5] } }, '(upsample_kernel_sizes)'],
    [{ config: { resblock_dilation_sizes: [[1, 3]] } }, '(resblock_dilation_sizes)'],
    [{ config: { variance_predictor_kernel_size: 5 } }, '(variance_predictor_kernel_size)'],
    [{ settings: { units: {} } }, '(units.id)'],
    [{ settings: { units: { id: 'x', count: 25 } } }, '(units.count)'],
    [{ settings: { units: { id: 'x', windowSamples: 100 } } }, '(units.windowSamples)'],
    [{ settings: { languages: { eng: -1 } } }, '(languages)'],
  ] as const) {
    const message = await load(changes);
    expect(message).toContain('checkpoint-invalid');
    expect(message).toContain(found);
  }
  expect(await load({ settings: { checkpoint: 'nowhere' } })).toContain('model-missing');
  expect(await load({ settings: { speaker: 'bob' } })).toContain('argument-invalid');
});

test('a vocoder without a duration predictor decodes, and says which tensor predicting lacks', async () => {
  const folder = await changedVocoder({ rename: (name) => (name.startsWith('dur_predictor') ? null : name) });
  const detokenizer = await loadVocoder(folder);
  const { channels } = await detokenizer.detokenize(gridOf(detokenizer, reference.units));
  expect(signalToNoiseDb(channels[0]!, reference.cases[0]!.byFrame)).toBeGreaterThan(90);
  await detokenizer.close();
  expect(await codeOf(() => openDurationPredictor(folder))).toContain('dur_predictor.conv1.weight');
});

test('durations do not depend on how many units are predicted at once', async () => {
  const predictor = await openDurationPredictor(vocoderFolder);
  const units = Uint32Array.from({ length: 2_500 }, () => random.nextInteger(24));
  const all = await predictor.predict(units);
  for (const [start, end] of [
    [1_000, 1_060],
    [2_030, 2_070],
  ] as const) {
    expect(all.slice(start, end)).toEqual((await predictor.predict(units.slice(start - 10, end + 10))).slice(10, -10));
  }
  expect(await predictor.predict(new Uint32Array(0))).toEqual(new Uint32Array(0));
  expect(await codeOf(() => predictor.predict(Uint32Array.of(24)))).toContain('token-grid-invalid');
  await predictor.close();
  expect(await codeOf(() => predictor.predict(units))).toContain('session-closed');
});

describe('conformance', () =>
  defineConformanceTests(
    { test, after: afterAll },
    conformanceOfPlugin(
      { specificationVersion: 'v1', components: [unitHifiGan] },
      { models: vocoderModels(vocoderFolder), checkpointDirectory: vocoderFolder },
    ),
  ));
