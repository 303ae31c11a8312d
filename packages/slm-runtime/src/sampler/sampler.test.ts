import { createRandom, isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSampler, type SampleOptions } from './sampler.ts';
import type { SamplerOptions } from './sampler-options.ts';
import { selectLargest } from './selection.ts';

const samplerOf = (vocabularySize: number, options: Partial<SamplerOptions> = {}) =>
  createSampler({ vocabularySize, random: createRandom('seed').fork('audio-0'), ...options });

/** Probabilities as transformers has them: processors in their order over a full sort. An oracle, not the code under test. */
function exactProbabilities(logits: readonly number[], options: Partial<SamplerOptions>): number[] {
  const { temperature = 1, topK = logits.length, topP = 1, minP = 0 } = options;
  let scores = logits.map((logit) => logit / temperature);
  const softmax = (values: readonly number[]): number[] => {
    const largest = Math.max(...values);
    const weights = values.map((value) => Math.exp(value - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  };
  const kth = [...scores].sort((a, b) => b - a)[Math.min(topK, scores.length) - 1] as number;
  scores = scores.map((score) => (score < kth ? Number.NEGATIVE_INFINITY : score));
  if (topP < 1) {
    const probabilities = softmax(scores);
    const order = scores.map((_, id) => id).sort((a, b) => scores[b]! - scores[a]! || a - b);
    let before = 0;
    for (const id of order) {
      if (before >= topP) scores[id] = Number.NEGATIVE_INFINITY;
      before += probabilities[id]!;
    }
  }
  const probabilities = softmax(scores);
  const least = minP * Math.max(...probabilities);
  return softmax(scores.map((score, id) => (probabilities[id]! < least ? Number.NEGATIVE_INFINITY : score)));
}

/** Pearson's statistic over ids that can come, as standard deviations from its mean; Infinity where another came. */
function deviation(logits: readonly number[], options: Partial<SamplerOptions>, draws = 10_000): number {
  const sampler = samplerOf(logits.length, options);
  const counts = new Array<number>(logits.length).fill(0);
  const given = Float32Array.from(logits);
  for (let i = 0; i < draws; i++) counts[sampler.sample(given)]! += 1;
  const expected = exactProbabilities([...given], options).map((probability) => probability * draws);
  let statistic = 0;
  let rare = { count: 0, expected: 0 };
  let degrees = -1;
  for (const [id, count] of counts.entries()) {
    if (expected[id] === 0 && count > 0) return Number.POSITIVE_INFINITY;
    if (expected[id]! < 10) {
      rare = { count: rare.count + count, expected: rare.expected + expected[id]! };
      continue;
    }
    statistic += (count - expected[id]!) ** 2 / expected[id]!;
    degrees += 1;
  }
  if (rare.expected >= 10) {
    statistic += (rare.count - rare.expected) ** 2 / rare.expected;
    degrees += 1;
  }
  return degrees < 1 ? 0 : (statistic - degrees) / Math.sqrt(2 * degrees);
}

describe('the distribution', () => {
  const random = createRandom(7);
  const gaussian = Array.from({ length: 200 }, () => 2 * random.nextGaussian());
  const withTies = [0, 0, 1, 1, 1, 0.5, -2, -2, 3, 3];
  const peaked = [12, 0, 0.5, -3, 11.5, 11];
  test.each([
    {},
    { temperature: 0.7 },
    { temperature: 2.5 },
    { topK: 5 },
    { topK: 1 },
    { topK: 1000 },
    { topP: 0.5 },
    { topP: 0.95 },
    { topP: 1e-9 },
    { minP: 0.1 },
    { minP: 1 },
    { topK: 20, topP: 0.8, temperature: 0.6 },
    { topK: 30, topP: 0.9, minP: 0.2, temperature: 1.3 },
  ])('is that of transformers with %o', (options) => {
    for (const logits of [gaussian, withTies, peaked]) expect(deviation(logits, options)).toBeLessThan(5);
  });

  test('leaves out what transformers leaves out, for any logits', () => {
    const settings = fc.record({
      temperature: fc.double({ min: 0.1, max: 4, noNaN: true }),
      topK: fc.integer({ min: 1, max: 40 }),
      // Halves of tenths: sums of probabilities that are equal up to rounding are not what this is about.
      topP: fc.integer({ min: 1, max: 20 }).map((step) => step / 20 - 0.012345),
      minP: fc.constantFrom(0, 0.012345, 0.4321),
    });
    const scores = fc.array(fc.integer({ min: -80, max: 80 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(settings, scores, (options, steps) => {
        const logits = steps.map((step) => step / 8);
        const sampler = samplerOf(logits.length, options);
        const probabilities = exactProbabilities(logits, options);
        for (let i = 0; i < 50; i++)
          expect(probabilities[sampler.sample(Float32Array.from(logits))]).toBeGreaterThan(0);
      }),
    );
  });

  test('reaches every id that it should, also where all are equal', () => {
    const flat = new Float32Array(50);
    for (const [options, reached] of [
      [{}, 50],
      [{ topP: 0.5 }, 25],
      [{ topK: 3 }, 50],
      [{ minP: 0.5 }, 50],
    ] as const) {
      const sampler = samplerOf(50, options);
      const ids = new Set(Array.from({ length: 3000 }, () => sampler.sample(flat)));
      expect(ids.size).toBe(reached);
    }
  });

  test.each([{}, { topP: 0.9 }, { minP: 3.5e-6 }, { topP: 0.95, minP: 3e-6 }])(
    'tells ids apart that are far and so many that they weigh as much as a near one, %o',
    (options) => {
      const random = createRandom('far');
      const logits = Array.from({ length: 40_000 }, () => -12.1 - random.nextUnit());
      logits[777] = 0;
      logits[778] = Number.NEGATIVE_INFINITY;
      expect(Math.abs(deviation(logits, options, 1000))).toBeLessThan(5);
    },
  );

  test('does not depend on how large logits are', () => {
    const logits = Float32Array.from([1, 2, 3, 0]);
    const shifted = logits.map((logit) => logit + 4096);
    const [a, b] = [samplerOf(4), samplerOf(4)];
    for (let i = 0; i < 200; i++) expect(a.sample(logits)).toBe(b.sample(shifted));
    const far = samplerOf(3);
    for (let i = 0; i < 50; i++) expect(far.sample(Float32Array.of(3e38, -3e38, Number.NEGATIVE_INFINITY))).toBe(0);
  });
});

describe('greedy choice', () => {
  test('takes the first of equal maxima and draws nothing', () => {
    const random = createRandom(1);
    const before = random.saveState();
    const sampler = createSampler({ vocabularySize: 5, temperature: 0, random });
    expect(sampler.sample(Float32Array.of(1, 3, 3, 2, 3))).toBe(1);
    expect(sampler.sample(Float32Array.of(0, 0, 0, 0, 0))).toBe(0);
    expect(sampler.sample(Float32Array.of(-5, -4, -3, -2, -1))).toBe(4);
    expect(random.saveState()).toEqual(before);
  });
});

describe('what is done to logits before', () => {
  const greedy = { temperature: 0 };

  test('penalizes each id of the window once: positive divided, negative multiplied', () => {
    const sampler = samplerOf(4, { ...greedy, repetitionPenalty: { penalty: 2, windowSize: 3 } });
    sampler.observe([0, 0, 1]);
    expect(sampler.sample(Float32Array.of(3.9, 0, 2, 0))).toBe(2);
    sampler.observe([0, 0, 0]);
    expect(sampler.sample(Float32Array.of(4.1, 0, 2, 0))).toBe(0);
    sampler.observe([3, 3, 3]);
    expect(sampler.sample(Float32Array.of(-9, -9, -3, -2))).toBe(2);
    // Id 0 has left the window.
    sampler.observe([1, 1, 1]);
    expect(sampler.sample(Float32Array.of(3, 0, 2, 0))).toBe(0);
  });

  test('sees its own choices, and everything in an endless window', () => {
    const sampler = samplerOf(3, {
      ...greedy,
      repetitionPenalty: { penalty: 10, windowSize: Number.POSITIVE_INFINITY },
    });
    const logits = Float32Array.of(3, 2, 1);
    expect([sampler.sample(logits), sampler.sample(logits), sampler.sample(logits)]).toEqual([0, 1, 2]);
    expect(sampler.sample(logits)).toBe(0);
    expect([...logits]).toEqual([3, 2, 1]);
  });

  test('rules out what repeats, as Step-Audio does', () => {
    const sampler = samplerOf(5, { ...greedy, repetitionMask: { windowSize: 10, threshold: 0.1 } });
    const logits = Float32Array.of(9, 1, 0, 0, 0);
    sampler.observe([1, 2, 3, 4, 1, 2, 3, 4]);
    expect(sampler.sample(logits)).toBe(0); // the ninth id
    sampler.observe([4]);
    expect(sampler.sample(logits)).toBe(0); // 4 came three times in ten, and is ruled out
    expect(sampler.sample(logits)).toBe(1); // 0 came twice in ten
    const fresh = samplerOf(5, { ...greedy, repetitionMask: { windowSize: 10, threshold: 0.1 } });
    fresh.observe([0, 0, 0]);
    expect(fresh.sample(logits)).toBe(0); // too few ids yet
    const once = samplerOf(20, { ...greedy, repetitionMask: { windowSize: 10, threshold: 0.1 } });
    once.observe([1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    expect(once.sample(Float32Array.from({ length: 20 }, (_, id) => (id === 0 ? 5 : 0)))).toBe(0);
  });

  test('keeps to the ids that are allowed', () => {
    const sampler = samplerOf(10, {
      ...greedy,
      allowed: [
        { first: 7, end: 9 },
        { first: 2, end: 4 },
      ],
      forbidden: [{ first: 3, end: 4 }],
    });
    const logits = Float32Array.from({ length: 10 }, (_, id) => -id);
    expect(sampler.sample(logits)).toBe(2);
    expect(sampler.sample(logits, { allowed: [{ first: 3, end: 10 }] })).toBe(7);
    const drawn = samplerOf(10, {
      allowed: [
        { first: 7, end: 9 },
        { first: 2, end: 4 },
      ],
    });
    const ids = new Set(Array.from({ length: 500 }, () => drawn.sample(new Float32Array(10))));
    expect([...ids].sort()).toEqual([2, 3, 7, 8]);
  });

  test('guides a pair of logits', () => {
    const sampler = samplerOf(3, { ...greedy, guidanceScale: 3 });
    const unconditional = Float32Array.of(2, 1, 0);
    // 2 + 3·(2.5 - 2), 1 + 3·(2 - 1), 0 + 3·(1 - 0)
    expect(sampler.sample(Float32Array.of(2.5, 2, 1), { unconditional })).toBe(1);
    expect(sampler.sample(Float32Array.of(3.5, 2, 1), { unconditional })).toBe(0);
    const minus = Number.NEGATIVE_INFINITY;
    expect(sampler.sample(Float32Array.of(minus, 2, 1), { unconditional: Float32Array.of(minus, 1, 0) })).toBe(1);
  });
});

describe('streams', () => {
  const logits = Float32Array.from({ length: 64 }, (_, id) => Math.sin(id));

  test('repeat with their seed, and go on from a saved state', () => {
    const options = {
      topK: 30,
      repetitionPenalty: { penalty: 1.3, windowSize: 8 },
      repetitionMask: { windowSize: 5, threshold: 0.3 },
    };
    const [a, b] = [samplerOf(64, options), samplerOf(64, options)];
    const draw = (sampler: typeof a, count: number) => Array.from({ length: count }, () => sampler.sample(logits));
    expect(draw(a, 40)).toEqual(draw(b, 40));
    const state = structuredClone(a.saveState());
    const later = draw(a, 40);
    expect(draw(samplerOf(64, { ...options, random: createRandom('other'), state }), 40)).toEqual(later);
    const other = createSampler({ vocabularySize: 64, ...options, random: createRandom('seed').fork('audio-1') });
    expect(draw(other, 40)).not.toEqual(draw(samplerOf(64, options), 40));
  });

  test('refuse states of something else', () => {
    const good = samplerOf(64).saveState() as Record<string, never>;
    for (const state of [null, 3, {}, { ...good, words: new Int32Array(3) }, { ...good, history: {} }]) {
      expect(() => samplerOf(64, { state })).toThrow(/saved state/);
    }
    const long = samplerOf(64, { repetitionPenalty: { penalty: 2, windowSize: 9 } });
    long.observe([1, 2, 3]);
    expect(() => samplerOf(64, { state: long.saveState() })).toThrow(/saved state/);
  });
});

describe('errors', () => {
  const codeOf = (call: () => unknown): string | undefined => {
    try {
      call();
    } catch (error) {
      return isSpeechTokensError(error) ? error.code : String(error);
    }
    return undefined;
  };
  const from = (values: number[], sample: SampleOptions = {}, options: Partial<SamplerOptions> = {}) =>
    codeOf(() => samplerOf(values.length, options).sample(Float32Array.from(values), sample));

  test('say what is wrong with logits', () => {
    for (const options of [{}, { temperature: 0 }, { topK: 2 }]) {
      for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
        for (const place of [0, 1, 4]) {
          const logits = [1, 2, 3, 2, 1];
          logits[place] = odd;
          expect(from(logits, {}, options)).toBe('inference-failed');
        }
      }
      expect(from(new Array(5).fill(Number.NEGATIVE_INFINITY), {}, options)).toBe('argument-invalid');
      expect(from([1, 2, 3], { allowed: [] }, options)).toBe('argument-invalid');
    }
    expect(from([1, 2, 3], {}, { allowed: [{ first: 0, end: 1 }], forbidden: [{ first: 0, end: 1 }] })).toBe(
      'argument-invalid',
    );
    expect(codeOf(() => samplerOf(4).sample(new Float32Array(3)))).toBe('argument-invalid');
    expect(from([1, 2], {}, { guidanceScale: 3 })).toBe('argument-invalid');
  });

  test('leave the stream where it was', () => {
    const options = { repetitionPenalty: { penalty: 2, windowSize: 4 } };
    const sampler = samplerOf(4, options);
    sampler.sample(Float32Array.of(1, 2, 3, 4));
    const state = sampler.saveState();
    expect(() => sampler.sample(Float32Array.of(1, 2, 3, Number.NaN))).toThrow();
    expect(() => sampler.observe([1, 9])).toThrow(/not of the vocabulary/);
    expect(sampler.saveState()).toEqual(state);
  });

  test('say which option is out of range', () => {
    const bad: Partial<SamplerOptions>[] = [
      { vocabularySize: 0 },
      { temperature: -1 },
      { temperature: Number.NaN },
      { topK: 0 },
      { topK: 1.5 },
      { topP: 0 },
      { topP: 1.1 },
      { minP: -0.1 },
      { repetitionPenalty: { penalty: 0, windowSize: 3 } },
      { repetitionPenalty: { penalty: 1, windowSize: 0 } },
      { repetitionMask: { windowSize: 0, threshold: 0.1 } },
      { repetitionMask: { windowSize: 10, threshold: 2 } },
      { guidanceScale: Number.NaN },
      { allowed: [{ first: 3, end: 3 }] },
      { forbidden: [{ first: 0, end: 11 }] },
    ];
    for (const options of bad)
      expect(
        codeOf(() => samplerOf(10, options)),
        JSON.stringify(options),
      ).toBe('argument-invalid');
  });
});

test('the k largest are those of a full sort', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
      fc.nat(),
      (values, seed) => {
        const scores = Float32Array.from(values);
        const heap = new Float32Array(1 + (seed % scores.length));
        expect(selectLargest(scores, heap)).toBeUndefined();
        expect([...heap].sort((a, b) => b - a)).toEqual([...scores].sort((a, b) => b - a).slice(0, heap.length));
        expect(heap[0]).toBe(Math.min(...heap));
      },
    ),
  );
});
