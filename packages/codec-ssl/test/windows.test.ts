import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameWindows, windowsFor } from '../src/features/frame-windows.ts';
import { openFeatureEncoder } from '../src/index.ts';
import { goldenFolder, greatestDifference } from './support/reference.ts';
import { codeOf } from './support/units.ts';

test('windows cover every frame once, with context on both sides, and see equally many frames', () => {
  const shapes = fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.nat(15))
    .filter(([whole, context]) => whole > 2 * context)
    .map(([wholeFrames, contextFrames]) => ({ wholeFrames, contextFrames }));
  fc.assert(
    fc.property(shapes, fc.nat(300), (shape, frameCount) => {
      const windows = frameWindows(shape, frameCount);
      let next = 0;
      for (const { startFrame, endFrame, coreStartFrame, coreEndFrame } of windows) {
        expect(coreStartFrame).toBe(next);
        expect(coreEndFrame).toBeGreaterThan(coreStartFrame);
        expect(endFrame - startFrame).toBe(Math.min(shape.wholeFrames, frameCount));
        expect(startFrame).toBeLessThanOrEqual(Math.max(0, coreStartFrame - shape.contextFrames));
        expect(endFrame).toBeGreaterThanOrEqual(Math.min(frameCount, coreEndFrame + shape.contextFrames));
        next = coreEndFrame;
      }
      expect(next).toBe(frameCount);
      if (frameCount <= shape.wholeFrames) expect(windows.length).toBe(frameCount === 0 ? 0 : 1);
    }),
  );
});

test('a minute runs as a whole, unless positions end sooner', () => {
  const clock = { sampleRateHz: 16_000, hopSamples: 320 };
  expect(windowsFor({ clock })).toEqual({ wholeFrames: 3_000, contextFrames: 500 });
  expect(windowsFor({ clock, maximumFrames: 1_500 })).toEqual({ wholeFrames: 1_500, contextFrames: 250 });
});

/** Loud and quiet by turns, so that a norm over a part of it would not be that over the whole. */
const clip = {
  sampleRateHz: 16_000,
  channels: [
    Float32Array.from({ length: 61 * 320 + 100 }, (_, n) => Math.sin(n * n * 1e-4) * (n < 9_000 ? 0.8 : 0.02) + 0.01),
  ],
};

for (const name of ['hubert-base', 'hubert-large', 'data2vec-base']) {
  test(`${name}: no frame is lost at a seam, and what no layer mixes is exact there`, async () => {
    const folder = goldenFolder(name);
    const windows = { wholeFrames: 20, contextFrames: 5 };
    // Layer 0 sees 5 frames to either side, through the convolution of positions: just the context.
    for (const [layer, most] of [
      [0, 1e-5],
      [2, Number.POSITIVE_INFINITY],
    ] as const) {
      const whole = await openFeatureEncoder(folder, { layer });
      const cut = await openFeatureEncoder(folder, { layer, windows });
      const [a, b] = [await whole.encode(clip), await cut.encode(clip)];
      expect([a.isWhole, b.isWhole, a.frameCount, b.frameCount]).toEqual([true, false, 61, 61]);
      expect(b.values.every((value) => value !== 0)).toBe(true);
      const difference = greatestDifference(a.values, b.values);
      expect(difference).toBeLessThan(most);
      // Attention sees beyond the windows: there they differ, and have another id.
      if (layer > 0) expect(difference).toBeGreaterThan(1e-3);
      expect(cut.id).not.toBe(whole.id);
      await whole.close();
      await cut.close();
    }
  });
}

test('windows, layers and folders that cannot be are refused', async () => {
  const open = (options: object) =>
    codeOf(() => openFeatureEncoder(goldenFolder('hubert-base'), { layer: 1, ...options }));
  expect(await open({ layer: 4 })).toContain('argument-invalid: The encoder has no such layer');
  expect(await open({ layer: 1.5 })).toContain('argument-invalid');
  expect(await open({ windows: { wholeFrames: 10, contextFrames: 5 } })).toContain('argument-invalid');
  expect(await open({ windows: { wholeFrames: 10.5, contextFrames: 1 } })).toContain('argument-invalid');
  expect(await codeOf(() => openFeatureEncoder('nowhere', { layer: 1 }))).toContain('model-missing');
});

test('an aborted call rejects with the reason, and a closed encoder takes nothing more', async () => {
  const encoder = await openFeatureEncoder(goldenFolder('hubert-base'), { layer: 1 });
  const controller = new AbortController();
  const reason = new Error('enough');
  const call = encoder.encode(clip, { signal: controller.signal });
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
  const progress: number[] = [];
  await encoder.encode(clip, { onProgress: ({ done }) => progress.push(done) });
  expect(progress).toEqual([clip.channels[0]!.length]);
  await encoder.close();
  expect(await codeOf(() => encoder.encode(clip))).toContain('session-closed');
});

test('a call that is aborted between two windows rejects with the reason, does no more, and harms no other', async () => {
  const windows = { wholeFrames: 20, contextFrames: 5 };
  const encoder = await openFeatureEncoder(goldenFolder('hubert-base'), { layer: 1, windows });
  const wanted = await encoder.encode(clip);
  const controller = new AbortController();
  const reason = new Error('enough');
  const progress: number[] = [];
  const call = encoder.encode(clip, {
    signal: controller.signal,
    onProgress: ({ done }) => {
      progress.push(done);
      controller.abort(reason);
    },
  });
  const beside = encoder.encode(clip);
  await expect(call).rejects.toBe(reason);
  expect(progress).toEqual([10 * 320]);
  expect(await beside).toEqual(wanted);
  await encoder.close();
});

test('Whisper takes recordings longer than its positions, and at their own length where it is told so', async () => {
  const folder = goldenFolder('whisper');
  const encode = async (padToChunk: boolean, length: number) => {
    const encoder = await openFeatureEncoder(folder, { layer: 2, padToChunk });
    const channels = [clip.channels[0]!.subarray(0, length)];
    const found = await encoder.encode({ sampleRateHz: 16_000, channels });
    await encoder.close();
    return { ...found, id: encoder.id };
  };
  // 50 positions: as long as its chunk of a second, both ways are one.
  const [padded, own] = [await encode(true, 16_000), await encode(false, 16_000)];
  expect([padded.frameCount, own.frameCount]).toEqual([50, 50]);
  expect(greatestDifference(padded.values, own.values)).toBeLessThan(1e-5);
  expect(padded.id).not.toBe(own.id);
  const [short, shortOwn] = [await encode(true, 4_000), await encode(false, 4_000)];
  expect([short.frameCount, shortOwn.frameCount]).toEqual([13, 13]);
  expect(greatestDifference(short.values, shortOwn.values)).toBeGreaterThan(1e-3);
  const long = await encode(true, 61 * 320 + 100);
  expect([long.frameCount, long.isWhole]).toEqual([62, false]);
  expect(long.values.every((value) => value !== 0)).toBe(true);
});
