import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SpeechBoundary, SpeechDetector } from './speech-detector.ts';
import { detectorSettings, type VoiceActivitySettings } from './voice-activity-settings.ts';

/** One window is 10 ms, 10 samples. */
function boundariesOf(probabilities: readonly number[], settings: VoiceActivitySettings = {}): string[] {
  const bare = { paddingBeforeMs: 0, paddingAfterMs: 0, minimumSilenceMs: 30 };
  const detector = new SpeechDetector(detectorSettings({ ...bare, ...settings }, 1000));
  const told: string[] = [];
  const tell = (boundaries: readonly SpeechBoundary[], when: number | string): void => {
    for (const { kind, sample } of boundaries)
      told.push(`${kind === 'speechStart' ? 'from' : 'to'} ${sample}, at ${when}`);
  };
  for (const [window, probability] of probabilities.entries()) tell(detector.judge(probability, 10), 10 * (window + 1));
  tell(detector.finish(), 'the end');
  return told;
}

describe('speech', () => {
  test('begins at the threshold, and ends where it fell below the other one, once that lasts', () => {
    expect(boundariesOf([0.4, 0.5, 0.4, 0.36, 0.3, 0.4, 0.1, 0.1, 0.1])).toEqual(['from 10, at 20', 'to 40, at 80']);
  });

  test('goes on over a gap that is short, and over any number of windows between the thresholds', () => {
    expect(boundariesOf([0.9, 0.1, 0.1, 0.1, 0.9, 0.4, 0.4, 0.4, 0.4, 0.4])).toEqual([
      'from 0, at 10',
      'to 100, at the end',
    ]);
    expect(boundariesOf([0.9, 0.1, 0.1, 0.1, 0.1, 0.9])).toEqual([
      'from 0, at 10',
      'to 10, at 50',
      'from 50, at 60',
      'to 60, at the end',
    ]);
  });

  test('is padded, but not beyond the start of the stream, the speech before, or what was judged', () => {
    const settings = { paddingBeforeMs: 25, paddingAfterMs: 35 };
    expect(boundariesOf([0, 0.9, 0, 0, 0, 0, 0, 0.9, 0, 0, 0, 0], settings)).toEqual([
      'from 0, at 20',
      'to 55, at 60',
      'from 55, at 80',
      'to 115, at 120',
    ]);
    expect(boundariesOf([0, 0, 0, 0.9, 0.9], settings)).toEqual(['from 5, at 40', 'to 50, at the end']);
  });

  test('that is too short is none', () => {
    const settings = { minimumSpeechMs: 20 };
    expect(boundariesOf([0.9, 0.9, 0, 0, 0, 0, 0, 0.9, 0.9, 0.9], settings)).toEqual([
      'from 70, at 100',
      'to 100, at the end',
    ]);
    expect(boundariesOf([0.9, 0.9], settings)).toEqual([]);
  });

  test('is the same after a save at any place', () => {
    const settings = detectorSettings({ minimumSpeechMs: 15, minimumSilenceMs: 20 }, 1000);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 }),
        fc.nat(60),
        (values, cut) => {
          const whole = new SpeechDetector(settings);
          const expected = [...values.flatMap((value) => whole.judge(value, 10)), ...whole.finish()];
          let detector = new SpeechDetector(settings);
          const found: SpeechBoundary[] = [];
          for (const [window, value] of values.entries()) {
            if (window === cut) {
              const saved = structuredClone(detector.save());
              detector = new SpeechDetector(settings);
              expect(detector.restore(saved)).toBe(true);
            }
            found.push(...detector.judge(value, 10));
          }
          expect([...found, ...detector.finish()]).toEqual(expected);
        },
      ),
    );
    const detector = new SpeechDetector(settings);
    for (const bad of [null, 3, {}, { judged: -1 }, { ...(detector.save() as object), speechFrom: 0.5 }]) {
      expect(detector.restore(bad)).toBe(false);
    }
  });

  test('has settings that can be', () => {
    const bad: VoiceActivitySettings[] = [
      { threshold: 0 },
      { threshold: 1 },
      { exitThreshold: 0.6 },
      { threshold: 0.1, exitThreshold: 0 },
      { minimumSilenceMs: -1 },
      { paddingBeforeMs: Number.NaN },
    ];
    for (const settings of bad) expect(() => detectorSettings(settings, 16_000)).toThrow(/cannot be told/);
    expect(detectorSettings({ threshold: 0.1 }, 16_000)).toMatchObject({ exitThreshold: 0.01, minimumSilence: 8000 });
  });
});
