import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticSpeech } from '../../test/synthetic-speech.ts';
import { createLogMelAnalyzer, speechLogMel } from './log-mel.ts';

function framesOf(samples: Float32Array, cuts: readonly number[] = [], hopSamples = 160): number[][] {
  const analyzer = createLogMelAnalyzer({ ...speechLogMel, hopSamples });
  const frames: number[][] = [];
  const keep = (energies: Float64Array): void => {
    frames.push([...energies]);
  };
  const edges = [0, ...cuts.map((cut) => Math.floor(cut * samples.length)).sort((a, b) => a - b), samples.length];
  for (let i = 1; i < edges.length; i++) analyzer.push(samples.subarray(edges[i - 1]!, edges[i]!), keep);
  analyzer.flush(keep);
  return frames;
}

describe('createLogMelAnalyzer', () => {
  it('gives the energies that numpy gives (frame 7, every eighth band)', () => {
    const frames = framesOf(syntheticSpeech(40_000, 'reference'));
    expect(frames).toHaveLength(247);
    const wanted = [-1.2513678, 1.30817, 0.6887761, 0.10819582, -0.16203812];
    for (const [i, value] of wanted.entries()) expect(frames[7]![8 * i]).toBeCloseTo(value, 4);
  });

  it('gives the same frames in any chunking, also with gaps between windows', () => {
    const samples = syntheticSpeech(3000, 'chunks');
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
        fc.constantFrom(160, 512, 700),
        (cuts, hop) => {
          const whole = framesOf(samples, [], hop);
          expect(whole).toHaveLength(Math.floor((3000 - 512) / hop) + 1);
          expect(framesOf(samples, cuts, hop)).toEqual(whole);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('fills up a signal shorter than one window, and nothing else', () => {
    expect(framesOf(syntheticSpeech(100, 'short'))).toHaveLength(1);
    expect(framesOf(new Float32Array())).toEqual([Array.from({ length: 40 }, () => Math.log(1e-6))]);
    expect(framesOf(syntheticSpeech(600, 'one'))).toHaveLength(1);
  });

  it('refuses settings out of range', () => {
    expect(() => createLogMelAnalyzer({ ...speechLogMel, hopSamples: 0 })).toThrow(/hopSamples/);
    expect(() => createLogMelAnalyzer({ ...speechLogMel, bandCount: 1.5 })).toThrow(/bandCount/);
    expect(() => createLogMelAnalyzer({ ...speechLogMel, fftSize: 500 })).toThrow(/power of two/);
  });
});
