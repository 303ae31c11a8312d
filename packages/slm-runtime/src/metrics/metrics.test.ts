import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQuantileSketch } from './quantile-sketch.ts';
import { createSessionMetrics } from './session-metrics.ts';

test('quantiles are within 1 % of the exact ones', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0, 0.25, 0.5, 0.9, 0.99, 1),
      (values, share) => {
        const sketch = createQuantileSketch();
        for (const value of values) sketch.add(value);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1]!;
        expect(Math.abs(sketch.quantile(share)! - exact) / exact).toBeLessThan(0.0101);
        expect(sketch.count).toBe(values.length);
      },
    ),
  );
});

test('a sketch takes what is out of its range, and knows that it is empty', () => {
  const sketch = createQuantileSketch();
  expect(sketch.quantile(0.5)).toBeUndefined();
  for (const value of [0, 1e-9, 1e12]) sketch.add(value);
  expect(sketch.quantile(0)).toBeCloseTo(0.001, 4);
  expect(sketch.quantile(1)! / 1e6).toBeCloseTo(1, 1);
});

test('metrics follow the clock that they are given', () => {
  let now = 1000;
  const metrics = createSessionMetrics(() => now);
  expect(metrics.report()).toEqual({ stepCount: 0, audioSeconds: 0 });
  metrics.request();
  const random = createRandom(3);
  for (let step = 0; step < 200; step++) {
    const end = metrics.beginStep();
    now += step === 150 ? 500 : 40 + 4 * random.nextUnit();
    end();
    end();
    now += 3; // outside of steps
    if (step === 4) metrics.audio(0, 24_000);
    if (step >= 5) metrics.audio(1920, 24_000);
  }
  const report = metrics.report();
  expect(report.stepCount).toBe(200);
  expect(report.medianStepMs).toBeGreaterThan(41);
  expect(report.medianStepMs).toBeLessThan(43);
  expect(report.p99StepMs).toBeLessThan(45);
  expect(report.audioSeconds).toBeCloseTo(195 * 0.08, 9);
  expect(report.realTimeFactor).toBeCloseTo((now - 1000 - 600) / 1000 / (195 * 0.08), 9);
  expect(report.timeToFirstAudioMs).toBeGreaterThan(6 * 40 + 5 * 3);
  expect(report.timeToFirstAudioMs).toBeLessThan(6 * 44 + 6 * 3);
  metrics.request();
  expect(metrics.report().timeToFirstAudioMs).toBeUndefined();
  now += 70;
  metrics.audio(160, 16_000);
  now += 70;
  metrics.audio(160, 16_000);
  expect(metrics.report().timeToFirstAudioMs).toBe(70);
});
