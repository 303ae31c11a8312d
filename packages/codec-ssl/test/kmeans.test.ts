import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, parseSafetensorsHeader } from '@speech-tokens/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCentroids } from '../src/centroids/read-centroids.ts';
import { openFeatureEncoder } from '../src/features/open-feature-encoder.ts';
import { openDistanceProduct } from '../src/kmeans/distance-product.ts';
import { FrameReservoir } from '../src/kmeans/frame-reservoir.ts';
import type { KmeansOptions } from '../src/kmeans/kmeans-options.ts';
import { createKmeansTrainer, type KmeansFit, resumeKmeansTrainer } from '../src/kmeans/kmeans-trainer.ts';
import { lloydPass } from '../src/kmeans/refine-means.ts';
import { writeCentroids, writeUnitsFolder } from '../src/kmeans/write-centroids.ts';
import { unitsOfFolder } from '../src/units/units-of-folder.ts';
import { type PointsCase, pointsOf } from './support/points.ts';
import { goldenFolder, readReference } from './support/reference.ts';
import { codeOf, contextIn } from './support/units.ts';

const shape = { seed: 5, frames: 900, width: 6, groups: 9, spread: 1.5, offset: 3 };
const points = pointsOf(shape);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kmeans-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function fit(values: Float32Array, options: KmeansOptions): Promise<KmeansFit> {
  const trainer = createKmeansTrainer(options);
  trainer.add(values);
  return await trainer.fit();
}

describe('golden: inertia within 1 % of scikit-learn’s', () => {
  const { cases } = JSON.parse(readFileSync(new URL('./golden/kmeans.json', import.meta.url), 'utf8')) as {
    cases: readonly (PointsCase & { clusters: number; inertia: number })[];
  };
  for (const golden of cases) {
    const clusterCount = golden.clusters;
    test(`${clusterCount} clusters of ${golden.frames} frames`, async () => {
      const values = pointsOf(golden);
      const found = await fit(values, { width: golden.width, clusterCount, restartCount: 10 });
      expect(found.inertia / golden.inertia).toBeLessThan(1.01);
      expect(found.inertia / golden.inertia).toBeGreaterThan(0.98);
      expect(naiveInertia(values, found.centroids.values, golden.width)).toBeCloseTo(found.inertia, 0);
    });
    test(`${clusterCount} clusters of ${golden.frames} frames, in mini-batches within 3 %`, async () => {
      const options = { width: golden.width, clusterCount, restartCount: 10, batchFrames: 500 };
      const found = await fit(pointsOf(golden), options);
      expect(found.inertia / golden.inertia).toBeLessThan(1.03);
    });
  }
});

test('a pass equals one of a naive Lloyd', async () => {
  const reservoir = new FrameReservoir({ width: 6, maxFrames: 900 }, createRandom(0));
  reservoir.add(points);
  const product = await openDistanceProduct(6, {});
  let means = points.slice(0, 7 * 6);
  for (let i = 0; i < 4; i++) {
    const wanted = naiveLloyd(points, means, 6);
    const found = await lloydPass(reservoir, product, means, undefined);
    expect(found.inertia).toBeCloseTo(naiveInertia(points, means, 6), 3);
    for (const [at, value] of found.means.entries()) expect(value).toBeCloseTo(wanted[at]!, 4);
    means = Float32Array.from(wanted);
  }
  await product.close();
});

test('equal seeds give equal centroids, other seeds others', async () => {
  const run = (seed: string) => fit(points, { width: 6, clusterCount: 25, seed });
  const [first, again, other] = [await run('a'), await run('a'), await run('b')];
  expect(again).toEqual(first);
  expect(other.centroids.values).not.toEqual(first.centroids.values);
});

test('of several starts the best is kept', async () => {
  const inertias: number[] = [];
  for (let restartCount = 1; restartCount <= 5; restartCount++) {
    inertias.push((await fit(points, { width: 6, clusterCount: 9, restartCount })).inertia);
  }
  expect(inertias).toEqual([...inertias].sort((a, b) => b - a));
  expect(new Set(inertias).size).toBeGreaterThan(1);
});

test('far from zero nothing is lost', async () => {
  const near = await fit(points, { width: 6, clusterCount: 9 });
  const far = await fit(
    points.map((value) => value + 512),
    { width: 6, clusterCount: 9 },
  );
  expect(far.inertia / near.inertia).toBeCloseTo(1, 3);
});

describe('empty clusters', () => {
  test('get the frames that lie farthest from their means', async () => {
    const reservoir = new FrameReservoir({ width: 1, maxFrames: 10 }, createRandom(0));
    reservoir.add(Float32Array.of(0, 1, 2, 90, 100));
    const product = await openDistanceProduct(1, {});
    const { means } = await lloydPass(reservoir, product, Float32Array.of(0, 1000, 2000), undefined);
    await product.close();
    expect([...means].sort((a, b) => a - b)).toEqual([1, 90, 100]);
  });

  test('stay where there are fewer distinct frames than clusters, and are counted', async () => {
    const values = Float32Array.from({ length: 40 }, (_, i) => i % 4);
    for (const batchFrames of [undefined, 7]) {
      const options = { width: 1, clusterCount: 6, ...(batchFrames === undefined ? {} : { batchFrames }) };
      const found = await fit(values, options);
      expect(found.inertia).toBe(0);
      expect(found.emptyCount).toBe(2);
      expect(new Set(found.centroids.values)).toEqual(new Set([0, 1, 2, 3]));
    }
  });
});

describe('the kept frames', () => {
  test('are all of them up to the bound, then a fair sample', () => {
    const counts = new Float64Array(200);
    for (let seed = 0; seed < 400; seed++) {
      const reservoir = new FrameReservoir({ width: 1, maxFrames: 50 }, createRandom(seed));
      for (let i = 0; i < 200; i += 8) reservoir.add(Float32Array.from({ length: 8 }, (_, j) => i + j));
      expect([reservoir.seenCount, reservoir.keptCount]).toEqual([200, 50]);
      const kept = [...reservoir.blocks(7)].flatMap(({ values }) => [...values]);
      expect(new Set(kept).size).toBe(50);
      for (const value of kept) counts[value]! += 1;
    }
    // Each is kept 100 times of 400 on average, with a deviation of 8.7.
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(45);
    const late = counts.slice(100).reduce((sum, count) => sum + count, 0);
    expect(Math.abs(late / (50 * 400) - 0.5)).toBeLessThan(0.02);
  });

  test('do not depend on how frames are grouped', async () => {
    const trainer = createKmeansTrainer({ width: 6, clusterCount: 9, maxFrames: 300 });
    for (let at = 0; at < points.length; at += 6 * 37) trainer.add(points.subarray(at, at + 6 * 37));
    const whole = await fit(points, { width: 6, clusterCount: 9, maxFrames: 300 });
    expect(await trainer.fit()).toEqual(whole);
    expect([whole.frameCount, whole.seenFrameCount]).toEqual([300, 900]);
  });
});

describe('resuming', () => {
  for (const batchFrames of [undefined, 128]) {
    const options = {
      width: 6,
      clusterCount: 20,
      restartCount: 3,
      maxFrames: 700,
      seed: 'x',
      ...(batchFrames === undefined ? {} : { batchFrames }),
    };
    test(`equals an uninterrupted run, ${batchFrames === undefined ? 'Lloyd' : 'mini-batches'}`, async () => {
      const wanted = await fit(points, options);
      const path = join(directory, `state-${batchFrames}.safetensors`);
      let trainer = createKmeansTrainer(options);
      // Saved and read again in the middle of the frames, and after every second pass.
      for (let at = 0; at < points.length; at += 6 * 300) {
        trainer.add(points.subarray(at, at + 6 * 300));
        await trainer.saveState(path, { at: String(at) });
        const resumed = await resumeKmeansTrainer(path);
        expect(resumed.notes).toEqual({ at: String(at) });
        expect(resumed.trainer.options).toEqual(trainer.options);
        trainer = resumed.trainer;
      }
      let interruptions = 0;
      for (;;) {
        const stop = new AbortController();
        const reason = new Error('enough');
        let passes = 0;
        const onPass = (): void => {
          if (++passes === 2) stop.abort(reason);
        };
        const found = await trainer.fit({ signal: stop.signal, onPass }).catch((error: unknown) => error);
        if (found !== reason) {
          expect(found).toEqual(wanted);
          break;
        }
        interruptions++;
        await trainer.saveState(path);
        ({ trainer } = await resumeKmeansTrainer(path));
      }
      expect(interruptions).toBeGreaterThan(3);
    });
  }

  test('an abort while first means are chosen loses nothing', async () => {
    const options = { width: 6, clusterCount: 30 };
    const trainer = createKmeansTrainer(options);
    trainer.add(points);
    const stop = new AbortController();
    const reason = new Error('enough');
    const onProgress = ({ done }: { done: number }): void => {
      if (done === 5) stop.abort(reason);
    };
    await expect(trainer.fit({ signal: stop.signal, onProgress })).rejects.toBe(reason);
    expect(await trainer.fit()).toEqual(await fit(points, options));
  });

  test('a saved training with values that are not finite is refused, with the frame', async () => {
    const trainer = createKmeansTrainer({ width: 2, clusterCount: 3 });
    trainer.add(points.subarray(0, 40));
    await trainer.fit();
    const path = join(directory, 'finite');
    await trainer.saveState(path);
    const bytes = new Uint8Array(await readFile(path));
    const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path });
    for (const [name, row, value] of [
      ['frames', 17, Number.NaN],
      ['frames', 0, Number.POSITIVE_INFINITY],
      ['best.means', 2, Number.NaN],
    ] as const) {
      const spoilt = bytes.slice();
      new DataView(spoilt.buffer).setFloat32(tensors.get(name)!.offsetBytes + 4 * (2 * row + 1), value, true);
      await writeFile(path, spoilt);
      expect(await codeOf(() => resumeKmeansTrainer(path))).toMatch(
        new RegExp(`^checkpoint-invalid.*found ${value} in row ${row} of ${name}`),
      );
    }
  });

  test('no damaged file crashes it', async () => {
    const trainer = createKmeansTrainer({ width: 2, clusterCount: 3 });
    trainer.add(points.subarray(0, 40));
    await trainer.fit();
    const path = join(directory, 'whole');
    await trainer.saveState(path, { a: 'b' });
    const whole = new Uint8Array(await readFile(path));
    const json = new TextDecoder().decode(whole).indexOf('}');
    const damaged = join(directory, 'damaged');
    const position = fc.oneof(fc.nat(Math.min(json * 2, whole.length - 1)), fc.nat(whole.length - 1));
    await fc.assert(
      fc.asyncProperty(position, fc.nat(255), fc.option(fc.nat(whole.length)), async (at, byte, cut) => {
        const bytes = whole.slice(0, cut ?? whole.length);
        if (at < bytes.length) bytes[at] = byte;
        await writeFile(damaged, bytes);
        expect(await codeOf(() => resumeKmeansTrainer(damaged))).toMatch(/^(accepted|checkpoint-invalid)/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('typed errors', () => {
  test('fewer frames than clusters', async () => {
    expect(await codeOf(() => fit(points.subarray(0, 6 * 8), { width: 6, clusterCount: 9 }))).toMatch(
      /argument-invalid: There are too few frames for so many clusters: found 8, wanted at least 9/,
    );
    expect((await fit(points.subarray(0, 6 * 9), { width: 6, clusterCount: 9 })).inertia).toBe(0);
  });

  test('frames of another width, or not finite', async () => {
    const trainer = createKmeansTrainer({ width: 6, clusterCount: 2 });
    expect(await codeOf(async () => trainer.add(new Float32Array(7)))).toMatch(/argument-invalid.*found 7 values/);
    expect(await codeOf(async () => trainer.add(new Float32Array(12).fill(Number.NaN, 8)))).toMatch(
      /argument-invalid.*NaN in frame 1/,
    );
    expect(trainer.seenFrameCount).toBe(0);
    trainer.add(points);
    await trainer.fit();
    expect(await codeOf(async () => trainer.add(points))).toMatch(/session-closed/);
  });

  const wrong: readonly (readonly [string, Partial<KmeansOptions>])[] = [
    ['width', { width: 0 }],
    ['clusterCount', { clusterCount: 65_537 }],
    ['clusterCount', { clusterCount: 1.5 }],
    ['maxFrames', { maxFrames: 4 }],
    ['restartCount', { restartCount: 0 }],
    ['maxIterations', { maxIterations: 0 }],
    ['batchFrames', { batchFrames: 0 }],
    ['tolerance', { tolerance: Number.NaN }],
  ];
  test.each(wrong)('%s: %o', async (name, options) => {
    expect(await codeOf(async () => createKmeansTrainer({ width: 6, clusterCount: 9, ...options }))).toMatch(
      new RegExp(`argument-invalid: k-means cannot be trained with this ${name}`),
    );
  });
});

test('features of an encoder become a folder that ssl:units reads', async () => {
  const encoderDirectory = goldenFolder('hubert-base');
  const encoder = await openFeatureEncoder(encoderDirectory, { layer: 2 });
  const samples = readReference(encoderDirectory).samples(Math.max(...readReference(encoderDirectory).lengths));
  const clip = { sampleRateHz: 16_000, channels: [samples] };
  const { values, width } = await encoder.encode(clip);
  const found = await fit(values, { width, clusterCount: 5 });
  const path = join(directory, 'centroids.safetensors');
  await writeCentroids(path, found, { encoder, seed: 0 });
  expect(await readCentroids(path)).toEqual(found.centroids);
  const bytes = new Uint8Array(await readFile(path));
  expect(Object.fromEntries(parseSafetensorsHeader(bytes, bytes.length, { path }).metadata)).toEqual({
    encoder: 'HuBERT',
    encoder_fingerprint: encoder.id,
    layer: '2',
    clusters: '5',
    frames: String(found.frameCount),
    frames_seen: String(found.seenFrameCount),
    inertia: String(found.inertia),
    iterations: String(found.iterations),
    seed: '0',
  });
  await encoder.close();

  const folder = join(directory, 'units');
  await writeUnitsFolder(folder, found, { encoder, encoderDirectory, seed: 0 });
  expect((await readdir(folder)).sort()).toEqual(['centroids.safetensors', 'units.json']);
  const tokenizer = await unitsOfFolder.load(contextIn(folder));
  const { tracks } = await tokenizer.tokenize(clip);
  await tokenizer.close();
  const nearest = Array.from({ length: values.length / width }, (_, frame) =>
    nearestOf(values.subarray(frame * width, (frame + 1) * width), found.centroids.values, width),
  );
  expect([...tracks[0]!.ids]).toEqual(nearest);
});

function nearestOf(frame: Float32Array, means: Float32Array, width: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let k = 0; k * width < means.length; k++) {
    const distance = frame.reduce((sum, value, i) => sum + (value - means[k * width + i]!) ** 2, 0);
    if (distance < least) [best, least] = [k, distance];
  }
  return best;
}

function naiveLloyd(values: Float32Array, means: Float32Array, width: number): number[] {
  const sums = new Array<number>(means.length).fill(0);
  const counts = new Array<number>(means.length / width).fill(0);
  for (let at = 0; at < values.length; at += width) {
    const label = nearestOf(values.subarray(at, at + width), means, width);
    counts[label]! += 1;
    for (let i = 0; i < width; i++) sums[label * width + i]! += values[at + i]!;
  }
  return sums.map((sum, i) => sum / counts[Math.floor(i / width)]!);
}

function naiveInertia(values: Float32Array, means: Float32Array, width: number): number {
  let inertia = 0;
  for (let at = 0; at < values.length; at += width) {
    const frame = values.subarray(at, at + width);
    const label = nearestOf(frame, means, width);
    inertia += frame.reduce((sum, value, i) => sum + (value - means[label * width + i]!) ** 2, 0);
  }
  return inertia;
}
