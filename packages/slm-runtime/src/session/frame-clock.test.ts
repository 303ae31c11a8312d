import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFrameClock } from './frame-clock.ts';
import { createPlaybackCursor } from './playback-cursor.ts';

const rates = fc.constantFrom(8000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000);
const mimi = createFrameClock(1920, 24_000);

describe('a frame clock', () => {
  test('does not drift in a year, at any rate', () => {
    const yearSeconds = 365 * 24 * 3600;
    const steps = yearSeconds * 12.5;
    for (const rate of [8000, 16_000, 22_050, 24_000, 44_100, 48_000]) {
      expect(mimi.samplesBefore(steps, rate)).toBe(yearSeconds * rate);
      expect(mimi.wholeSteps(yearSeconds * rate, rate)).toBe(steps);
      expect(mimi.wholeSteps(yearSeconds * rate - 1, rate)).toBe(steps - 1);
    }
    expect(mimi.convertSamples(yearSeconds * 44_100, 44_100, 48_000)).toBe(yearSeconds * 48_000);
    // 16.7 steps a second of which none is a whole number of samples: an odd clock, for a year.
    const odd = createFrameClock(1001, 16_000);
    expect(odd.samplesBefore(yearSeconds * 16_000, 44_100)).toBe(yearSeconds * 44_100 * 1001);
  });

  test('cuts time the same from both sides', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        rates,
        rates,
        fc.nat(2 ** 40),
        (stepSamples, own, rate, samples) => {
          const clock = createFrameClock(stepSamples, own);
          const whole = clock.wholeSteps(samples, rate);
          const begun = clock.begunSteps(samples, rate);
          expect(begun - whole).toBeLessThanOrEqual(1);
          expect(begun).toBeGreaterThanOrEqual(whole);
          expect(clock.samplesBefore(whole, rate)).toBeLessThanOrEqual(samples);
          expect(clock.samplesBefore(whole + 1, rate)).toBeGreaterThanOrEqual(samples);
          // Exactly: whole · stepSamples · rate ≤ samples · own < (whole + 1) · stepSamples · rate.
          const [left, right] = [BigInt(samples) * BigInt(own), BigInt(stepSamples) * BigInt(rate)];
          expect(BigInt(whole) * right <= left && left < BigInt(whole + 1) * right).toBe(true);
          expect(begun === whole).toBe(left % right === 0n);
        },
      ),
    );
  });

  test('is exact where products have more bits than a number', () => {
    for (let k = 1; k <= 50; k++) expect(mimi.convertSamples(2 ** 52 + k, 44_100, 44_100)).toBe(2 ** 52 + k);
  });

  test('adds up over pieces', () => {
    fc.assert(
      fc.property(rates, fc.array(fc.nat(1000), { maxLength: 20 }), (rate, pieces) => {
        let step = 0;
        let samples = 0;
        for (const piece of pieces) {
          samples += mimi.samplesBefore(step + piece, rate) - mimi.samplesBefore(step, rate);
          step += piece;
        }
        expect(samples).toBe(mimi.samplesBefore(step, rate));
      }),
    );
  });

  test('refuses what is no count', () => {
    const bad = [
      () => createFrameClock(0, 24_000),
      () => createFrameClock(1920, 24_000.5),
      () => mimi.samplesBefore(-1, 24_000),
      () => mimi.samplesBefore(1, 0),
      () => mimi.wholeSteps(0.5, 24_000),
      () => mimi.samplesBefore(2 ** 53 - 1, 48_000),
      () => mimi.convertSamples(1, 16_000, Number.NaN),
    ];
    for (const call of bad) {
      let error: unknown;
      try {
        call();
      } catch (thrown) {
        error = thrown;
      }
      expect(isSpeechTokensError(error, 'argument-invalid'), call.toString()).toBe(true);
    }
  });
});

describe('a playback cursor', () => {
  const chunk = (startSample: number, samples: number) => ({
    sampleRateHz: 24_000,
    startSample,
    channels: [new Float32Array(samples)],
  });

  test('knows what was heard, in steps', () => {
    const cursor = createPlaybackCursor(mimi, 24_000);
    cursor.deliver(chunk(0, 10 * 1920));
    cursor.played(1920 * 3);
    expect([cursor.heardSteps, cursor.begunSteps]).toEqual([3, 3]);
    cursor.played(1920 * 3 + 1);
    expect([cursor.heardSteps, cursor.begunSteps]).toEqual([3, 4]);
    expect(cursor.interrupt()).toBe(7 * 1920 - 1);
    expect(cursor.deliveredSamples).toBe(1920 * 3 + 1);
    expect(cursor.interrupt()).toBe(0);
    expect([cursor.heardSteps, cursor.begunSteps]).toEqual([3, 4]);
  });

  test('refuses what cannot be', () => {
    const cursor = createPlaybackCursor(mimi, 24_000);
    cursor.deliver(chunk(0, 100));
    cursor.played(50);
    expect(() => cursor.played(49)).toThrow(/cannot have played/);
    expect(() => cursor.played(101)).toThrow(/cannot have played/);
    expect(() => cursor.deliver(chunk(101, 10))).toThrow(/does not go on/);
    expect(() => cursor.deliver({ ...chunk(100, 10), sampleRateHz: 16_000 })).toThrow(/another rate/);
    cursor.interrupt();
    // What was made before the interruption must not be delivered.
    for (const start of [50, 100]) expect(() => cursor.deliver(chunk(start, 10))).toThrow(/interrupted/);
    expect(cursor.playedSamples).toBe(50);
  });
});
