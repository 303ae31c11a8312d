import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { encodeWav, readAudioClip } from '@speech-tokens/audio-files';
import { createPeakPyramid, createSpectrogram, type TokenLane } from '@speech-tokens/token-view';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInferenceDocument, createInferenceProcess, type InferenceDocument } from './index.ts';

// What is read by ranges: samples, spectrograms of parts, decoded sound; and tokens while they come.

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const novel = here('../../../../examples/audio/sense-and-sensibility-2.flac');
const fixtures = here('../../../audio-files/test/fixtures');
const mp3 = join(fixtures, 'stereo-44k-vbr.mp3');
const codec = 'rvq:speech-16khz';

const temporaryDirectory = await mkdtemp(join(tmpdir(), 'ranges-'));
const inference = createInferenceProcess({
  script: here('./child.ts'),
  execArgv: ['--conditions=@speech-tokens/source'],
  settings: { pluginDirectories: [], allowedPlugins: [], temporaryDirectory },
});
let lastId = 0;
const opened = (path: string): InferenceDocument =>
  createInferenceDocument(inference, String(++lastId), async () => ({ path }));

afterAll(async () => {
  inference.kill('The tests are over');
  await rm(temporaryDirectory, { recursive: true, force: true });
});

test('samples of a range are those of the file', async () => {
  const whole = (await readAudioClip(novel)).channels[0]!;
  const document = opened(novel);
  const [samples] = await document.request('samples', { startSample: 20_001, endSample: 33_003 });
  expect(samples).toEqual(whole.slice(20_001, 33_003));
  document.close();
});

describe('a format that is decoded from its start', () => {
  test.each(['stereo-44k-vbr.mp3', 'mono-16k-no-header.mp3', 'stereo-44k.ogg', 'stereo.opus'])(
    '%s is read from any place, to 16 bits',
    async (name) => {
      const whole = (await readAudioClip(join(fixtures, name))).channels;
      const document = opened(join(fixtures, name));
      const { sampleCount } = await document.request('open', {});
      expect(sampleCount).toBe(whole[0]!.length);
      const late = await document.request('samples', { startSample: sampleCount - 3000, endSample: sampleCount });
      const early = await document.request('samples', { startSample: 10, endSample: 5000 });
      for (const [k, channel] of whole.entries()) {
        const difference = (samples: Float32Array, from: number): number =>
          Math.max(...samples.map((value, i) => Math.abs(value - channel[from + i]!)));
        expect(late[k]).toHaveLength(3000);
        expect(difference(late[k]!, sampleCount - 3000)).toBeLessThanOrEqual(0.5 / 32_768);
        expect(difference(early[k]!, 10)).toBeLessThanOrEqual(0.5 / 32_768);
      }
      document.close();
    },
  );

  test('leaves nothing on the disk when it is closed', async () => {
    const document = opened(mp3);
    await document.request('samples', { startSample: 0, endSample: 100 });
    document.close();
    await inference.request('tokenizers', null);
    expect(await readdir(temporaryDirectory)).toEqual([]);
  });

  test('pictures of it are made in the same pass', async () => {
    const document = opened(mp3);
    const { peaks } = await document.request('pictures', {});
    expect(peaks!.sampleCount).toBe((await document.request('open', {})).sampleCount);
    document.close();
  });
});

test('the waveform of a long recording comes in parts, and again when it is asked for again', async () => {
  const path = join(temporaryDirectory, 'six-minutes.wav');
  const samples = Float32Array.from({ length: 360 * 8000 + 13 }, (_, n) => Math.sin(n / 1000) * (n / 3e6));
  await writeFile(path, encodeWav({ sampleRateHz: 8000, channels: [samples] }));
  const whole = createPeakPyramid(64);
  whole.push((await readAudioClip(path)).channels);
  const document = opened(path);
  for (let time = 0; time < 2; time++) {
    const growing = createPeakPyramid(64);
    let parts = 0;
    const { peaks, spectrogram } = await document.request(
      'pictures',
      {},
      {
        onProgress({ peaks: part }) {
          if (part === undefined) return;
          growing.pushBlocks(part.blocks, part.sampleCount);
          parts++;
        },
      },
    );
    expect(peaks).toBeUndefined();
    expect(parts).toBeGreaterThan(10);
    // Not by `toEqual`: to show where 50,000 values differ takes minutes.
    expect(isDeepStrictEqual(growing.result(), whole.result())).toBe(true);
    expect(spectrogram.levels.length / spectrogram.binCount).toBeLessThanOrEqual(2048);
  }
  document.close();
});

test('the spectrogram of a part is that part of the spectrogram of the whole', async () => {
  const document = opened(novel);
  const { sampleCount, sampleRateHz } = await document.request('open', {});
  const hopSamples = 64;
  const settings = { sampleRateHz, sampleCount, mostColumns: sampleCount, leastHopSeconds: hopSamples / sampleRateHz };
  const builder = createSpectrogram(settings);
  builder.push((await readAudioClip(novel)).channels);
  const whole = builder.result();
  expect(whole.hopSamples).toBe(hopSamples);
  const last = Math.floor(sampleCount / hopSamples) * hopSamples - 32 * hopSamples;
  for (const [startSample, endSample] of [
    [0, 128 * hopSamples],
    [128 * hopSamples, 384 * hopSamples],
    [last, sampleCount],
  ] as const) {
    const part = await document.request('spectrogram', { startSample, endSample, hopSamples });
    expect(part).toMatchObject({ firstSample: startSample, sampleCount: endSample - startSample, hopSamples });
    const first = (startSample / hopSamples) * whole.binCount;
    expect(part.levels).toEqual(whole.levels.slice(first, first + part.levels.length));
    expect(part.levels.length / part.binCount).toBe(Math.ceil((endSample - startSample) / hopSamples));
  }
  document.close();
});

describe('decoded sound by ranges', () => {
  const document = opened(novel);
  const wanted = { tokenizer: codec, codebookCount: 8 };
  let whole: Float32Array;
  beforeAll(async () => {
    whole = (await document.request('decode', wanted)).sound.channels[0]!;
  });
  const read = async (startSample: number, endSample: number): Promise<Float32Array> =>
    (await document.request('decodeRange', { ...wanted, startSample, endSample }))[0]!;
  const largest = (a: Float32Array, from: number): number =>
    Math.max(...a.map((value, i) => Math.abs(value - whole[from + i]!)));

  /** In dB, of stretches of 50 ms. */
  const loudnessDistance = (part: Float32Array, from: number): number => {
    const decibels = (samples: Float32Array): number =>
      10 * Math.log10(samples.reduce((sum, value) => sum + value * value, 1e-9));
    const starts = Array.from({ length: Math.floor(part.length / 800) }, (_, i) => 800 * i);
    return Math.max(
      ...starts.map((at) =>
        Math.abs(decibels(part.subarray(at, at + 800)) - decibels(whole.subarray(from + at, from + at + 800))),
      ),
    );
  };

  test('has the length and rate of the whole', async () => {
    const format = await document.request('decodedFormat', { tokenizer: codec });
    expect(format).toMatchObject({ sampleRateHz: 16_000, channelCount: 1, sampleCount: whole.length });
  });

  test('ranges that follow each other from the start are the whole, bit for bit', async () => {
    const parts = [await read(0, 7001), await read(7001, 30_000), await read(30_000, whole.length)];
    expect(largest(parts[0]!, 0)).toBe(0);
    expect(largest(parts[1]!, 7001)).toBe(0);
    expect(largest(parts[2]!, 30_000)).toBe(0);
  });

  test('from another place it sounds the same, also with what follows', async () => {
    const start = Math.floor(whole.length * 0.9);
    const parts = [await read(start, start + 2000), await read(start + 2000, start + 5000)];
    // Its pulses are counted from the start of a stream: loudness is the same, and not each sample.
    expect(loudnessDistance(parts[0]!, start)).toBeLessThan(1);
    expect(loudnessDistance(parts[1]!, start + 2000)).toBeLessThan(1);
  });

  test('what is cancelled does not disturb the next range', async () => {
    const controller = new AbortController();
    const given = { ...wanted, startSample: 0, endSample: whole.length };
    const request = document.request('decodeRange', given, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(request).rejects.toThrow('enough');
    expect(largest(await read(0, 16_000), 0)).toBe(0);
  });
});

test('tokens are told of while they come, and add up to what is found', async () => {
  const path = join(temporaryDirectory, 'long.wav');
  const clip = await readAudioClip(novel);
  const samples = clip.channels[0]!;
  const repeated = new Float32Array(6 * samples.length);
  for (let i = 0; i < 6; i++) repeated.set(samples, i * samples.length);
  await writeFile(path, encodeWav({ sampleRateHz: 16_000, channels: [repeated] }));
  const document = opened(path);
  const parts: (readonly TokenLane[])[] = [];
  const abouts = new Set<string>();
  const { lanes, about } = await document.request(
    'tokenize',
    { tokenizer: codec },
    {
      onProgress({ part }) {
        if (part === undefined) return;
        parts.push(part.lanes);
        abouts.add(part.about);
      },
    },
  );
  expect(parts.length).toBeGreaterThan(1);
  expect([...abouts]).toEqual([about]);
  const told = parts.map((part) => part[3]!);
  const ids = told.flatMap((lane) => [...lane.ids]);
  expect(ids).toEqual([...lanes[3]!.ids.subarray(0, ids.length)]);
  expect(ids.length).toBe(lanes[3]!.ids.length);
  expect(told[1]!.firstSample).toBe(told[0]!.ids.length * 320);
});
