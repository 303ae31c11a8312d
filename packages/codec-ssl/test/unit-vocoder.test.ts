import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, parseSafetensorsHeader, type SpeechDetokenizerV1, sliceGrid } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import { openCheckpoint, openGraphSession, positionNoise, weightsOf } from '@speech-tokens/onnx-graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createUnitVocoder } from '../src/unit-vocoder/create-unit-vocoder.ts';
import { unitVocoderComponents } from '../src/unit-vocoder/unit-vocoder-components.ts';
import { delayFrames, parseUnitVocoderConfig } from '../src/unit-vocoder/unit-vocoder-config.ts';
import { goldenFolder } from './support/reference.ts';
import { codeOf } from './support/units.ts';
import { gridOf, signalToNoiseDb } from './support/vocoder.ts';

// The shipped architecture in a small size with random weights, and what PyTorch computes with it:
// tools/train/vocoder/make_golden.py.

const folder = goldenFolder('unit-vocoder');
const config = parseUnitVocoderConfig(await readFile(join(folder, 'config.json'), 'utf8'), 'config.json');
const golden = await readGolden();

async function readGolden(): Promise<(name: string) => ArrayBuffer> {
  const path = join(folder, 'golden.safetensors');
  const bytes = new Uint8Array(await readFile(path));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path });
  return (name) => {
    const { offsetBytes, sizeBytes } = tensors.get(name)!;
    return bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer;
  };
}

async function open(unitCount: number): Promise<SpeechDetokenizerV1> {
  const checkpoint = await openCheckpoint(join(folder, 'model.safetensors'));
  return createUnitVocoder({
    config,
    weights: weightsOf(checkpoint),
    unitCount,
    openGraph: (graph) => openGraphSession(graph, { weightsDirectory: checkpoint.directory }),
  });
}

let hundred: SpeechDetokenizerV1;
beforeAll(async () => {
  hundred = await open(100);
});
afterAll(() => hundred.close());

test('noise by position equals that of NumPy', () => {
  expect(positionNoise(0, 1000)).toEqual(new Float32Array(golden('noise')));
  expect(positionNoise(700, 300)).toEqual(positionNoise(0, 1000).subarray(700));
});

// The pitch is summed up to phases, and so are its last bits: 59 dB after 1.6 s.
test('sound equals that of PyTorch, for each set of units and each voice', async () => {
  for (const unitCount of [100, 30]) {
    const detokenizer = await open(unitCount);
    const grid = gridOf(detokenizer, new Int32Array(golden(`units_${unitCount}`)));
    for (const speaker of unitCount === 100 ? [0, 2] : [0]) {
      const wanted = new Float32Array(golden(`samples_${unitCount}_${speaker}`));
      const { channels } = await detokenizer.detokenize(grid, { conditioning: { speaker } });
      expect(signalToNoiseDb(channels[0]!, wanted), `${unitCount} units, voice ${speaker}`).toBeGreaterThan(50);
    }
    await detokenizer.close();
  }
});

test('streams equal the whole bit for bit, whatever the pieces, within the latency', async () => {
  const random = createRandom('units');
  const ids = Array.from({ length: 271 }, () => random.nextInteger(100));
  // A recording whose last window of 560 samples ends before it does.
  const grid = { ...gridOf(hundred, ids), sampleCount: 271 * 320 + 559 };
  const conditioning = { speaker: 'bob' };
  const whole = (await hundred.detokenize(grid, { conditioning })).channels[0]!;
  expect(whole.length).toBe(grid.sampleCount);
  expect(whole.subarray(0, 271 * 320).filter((sample) => sample === 0).length).toBeLessThan(1_000);
  expect(whole.subarray(271 * 320).every((sample) => sample === 0)).toBe(true);
  for (const frames of [1, 3, 50, 130]) {
    const stream = await hundred.streaming!.open({ conditioning });
    const found: Float32Array[] = [];
    for (let start = 0; start < grid.sampleCount; start += frames * 320) {
      const pushed = Math.min(grid.sampleCount, start + frames * 320);
      for (const chunk of await stream.push(sliceGrid(grid, start, pushed))) found.push(chunk.channels[0]!);
      const given = found.reduce((sum, samples) => sum + samples.length, 0);
      expect(given).toBeGreaterThanOrEqual(pushed - hundred.streaming!.latencySamples);
    }
    for (const chunk of await stream.flush()) found.push(chunk.channels[0]!);
    expect(Float32Array.from(found.flatMap((samples) => [...samples])), `pieces of ${frames}`).toEqual(whole);
  }
});

test('the sound of a frame follows from units up to the declared look-ahead, and from no later one', async () => {
  const delay = delayFrames(config);
  const units = new Int32Array(golden('units_100')).slice(0, 60);
  const soundOf = async (changedFrame: number): Promise<Float32Array> => {
    const changed = units.map((unit, frame) => (frame === changedFrame ? (unit + 1) % 100 : unit));
    return (await hundred.detokenize(gridOf(hundred, changed))).channels[0]!;
  };
  const original = await soundOf(-1);
  const firstDifference = (await soundOf(40)).findIndex((sample, i) => sample !== original[i]);
  expect(Math.floor(firstDifference / 320)).toBe(40 - delay);
});

test('units that follow the end of a recording are refused, and the stream stands where it stood', async () => {
  const ended = { ...gridOf(hundred, Array(9).fill(5)), sampleCount: 3_200 };
  const stream = await hundred.streaming!.open();
  const chunks = [...(await stream.push(ended))];
  const more = { ...gridOf(hundred, [1, 2]), startSample: 3_200 };
  expect(await codeOf(() => stream.push(more))).toContain('token-grid-invalid: Units follow the end of a recording');
  chunks.push(...(await stream.flush()));
  const joined = chunks.flatMap(({ channels }) => [...channels[0]!]);
  expect(joined).toEqual([...(await hundred.detokenize(ended)).channels[0]!]);
});

test('clips that are shorter than a window are silence', async () => {
  const { channels } = await hundred.detokenize({ ...gridOf(hundred, []), sampleCount: 500 });
  expect(channels[0]).toEqual(new Float32Array(500));
});

test('the voice is a number or a name of the configuration; others are refused', async () => {
  const grid = gridOf(hundred, new Int32Array(golden('units_100')));
  const soundOf = async (conditioning?: { [name: string]: string | number }) =>
    (await hundred.detokenize(grid, conditioning === undefined ? {} : { conditioning })).channels[0]!;
  expect(await soundOf()).toEqual(await soundOf({ speaker: 'ada' }));
  expect(await soundOf({ speaker: 'eve' })).toEqual(await soundOf({ speaker: 2 }));
  expect(await soundOf({ speaker: 'eve' })).not.toEqual(await soundOf());
  for (const [conditioning, found] of [
    [{ speaker: 'zoe' }, 'a number from 0 to 2, or one of "ada", "bob", "eve"'],
    [{ speaker: 3 }, 'found 3'],
    [{ language: 'eng' }, 'this vocoder has no table of languages'],
    [{ style: 'calm' }, 'speaker or language'],
  ] as const) {
    const message = await codeOf(() => soundOf(conditioning as { [name: string]: string | number }));
    expect(message).toContain('argument-invalid');
    expect(message).toContain(found);
  }
});

test('configurations that do not fit are refused with the field', async () => {
  const text = await readFile(join(folder, 'config.json'), 'utf8');
  for (const [change, field] of [
    [{ model_type: 'hubert' }, '(model_type)'],
    [{ hop_samples: 300 }, '(hop_samples)'],
    [{ window_samples: 470 }, '(window_samples)'],
    [{ unit_window_samples: 100 }, '(unit_window_samples)'],
    [{ unit_counts: [100] }, '(unit_counts)'],
    [{ voices: ['ada', 'ada'] }, '(voices)'],
    [{ fast: { ...JSON.parse(text).fast, blocks: 3 } }, '(fast.lookahead_frames)'],
    [{ slow: { ...JSON.parse(text).slow, lookahead_frames: 5 } }, '(slow.lookahead_frames)'],
    [{ excitation: { ...JSON.parse(text).excitation, highest_hz: 40 } }, '(excitation.highest_hz)'],
    [{ excitation: { ...JSON.parse(text).excitation, cycle_steps: 1_000 } }, '(excitation.cycle_steps)'],
  ] as const) {
    const changed = JSON.stringify({ ...JSON.parse(text), ...change });
    expect(await codeOf(async () => parseUnitVocoderConfig(changed, 'config.json'))).toContain(field);
  }
  expect(await codeOf(() => open(50))).toContain('found 100, 30, wanted 50');
});

describe('conformance', () => {
  const [component] = unitVocoderComponents;
  defineConformanceTests(
    { test, after: afterAll },
    conformanceOfPlugin(
      { specificationVersion: 'v1', components: [component!] },
      { models: withCheckpointDirectory(createModelStore(), folder, component!.models), checkpointDirectory: folder },
    ),
  );
});
