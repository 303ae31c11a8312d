import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticSpeech, worsened } from '../../test/synthetic-speech.ts';
import { createLogMelMeter } from './log-mel-difference.ts';
import { createSiSdrMeter } from './si-sdr.ts';
import { createSpeechQualityMeter, type SpeechQuality } from './speech-quality.ts';

function qualityOf(reference: Float32Array, estimate: Float32Array): SpeechQuality | undefined {
  const meter = createSpeechQualityMeter(16_000);
  meter.pushReference(reference);
  meter.pushEstimate(estimate);
  return meter.finish();
}

const reference = syntheticSpeech(40_000, 'reference');
const estimate = worsened(reference, 'noise');

describe('createSpeechQualityMeter', () => {
  // The wanted figures come from the same definitions in numpy (float32).
  it('gives the figures that numpy gives', () => {
    const quality = qualityOf(reference, estimate)!;
    expect(quality.siSdrDb).toBeCloseTo(13.9184618, 4);
    expect(quality.logMelCorrelation).toBeCloseTo(0.941708, 4);
    expect(quality.logMelDistanceDb).toBeCloseTo(9.3494186, 4);
    expect(quality.sampleCount).toBe(40_000);
  });

  it('gives the figures that numpy gives for a signal shorter than one window', () => {
    const short = syntheticSpeech(300, 'reference');
    const quality = qualityOf(short, worsened(short, 'noise'))!;
    expect(quality.siSdrDb).toBeCloseTo(11.4264927, 4);
    expect(quality.logMelCorrelation).toBeCloseTo(0.9860881, 4);
    expect(quality.logMelDistanceDb).toBeCloseTo(4.6587849, 4);
  });

  it('gives the same in any interleaving and chunking, and leaves out the longer end', () => {
    const whole = qualityOf(reference.subarray(0, 9000), estimate.subarray(0, 9000));
    const step = fc.record({ side: fc.boolean(), count: fc.integer({ min: 0, max: 4000 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const meter = createSpeechQualityMeter(16_000);
        const at = [0, 0];
        const give = (side: 0 | 1, count: number): void => {
          const end = Math.min(at[side]! + count, side === 0 ? 9000 : 12_345);
          const part = (side === 0 ? reference : estimate).slice(at[side], end);
          if (side === 0) meter.pushReference(part);
          else meter.pushEstimate(part);
          part.fill(Number.NaN);
          at[side] = end;
        };
        for (const { side, count } of steps) give(side ? 0 : 1, count);
        give(1, 12_345);
        give(0, 9000);
        const quality = meter.finish()!;
        expect(quality.sampleCount).toBe(9000);
        expect(quality).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  it('has no opinion where there is nothing to compare', () => {
    expect(qualityOf(new Float32Array(), estimate)).toBeUndefined();
    const silence = new Float32Array(1000);
    expect(qualityOf(silence, silence)).toEqual({
      siSdrDb: 0,
      logMelCorrelation: undefined,
      logMelDistanceDb: 0,
      sampleCount: 1000,
    });
  });

  it('stays finite for a perfect copy, also a scaled one', () => {
    const quality = qualityOf(
      reference,
      reference.map((sample) => sample / 2),
    )!;
    expect(quality.siSdrDb).toBeGreaterThan(120);
    expect(Number.isFinite(quality.siSdrDb)).toBe(true);
    expect(quality.logMelCorrelation).toBeGreaterThan(0.99);
  });

  it('refuses another rate, and unequal pieces', () => {
    expect(() => createSpeechQualityMeter(24_000)).toThrow(/24000 Hz.*16000 Hz/);
    for (const meter of [createSiSdrMeter(), createLogMelMeter()]) {
      let thrown: unknown;
      try {
        meter.push(new Float32Array(3), new Float32Array(4));
      } catch (error) {
        thrown = error;
      }
      expect(isSpeechTokensError(thrown, 'argument-invalid')).toBe(true);
    }
  });
});
