import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runStages, type StageRunner } from './stage-schedule.ts';

/** A stage that gives each frame its index in the stream on top, and notes what runs beside what. */
function countingStages(lengths: readonly number[]) {
  const log = { active: 0, mostActive: 0, twice: false, longest: lengths.map(() => 0) };
  const runners: StageRunner[] = lengths.map((framesPerRun, stage) => {
    let frame = 0;
    let isBusy = false;
    return {
      framesPerRun,
      valuesPerFrame: stage === 0 ? 3 : 1,
      outputValuesPerFrame: 1,
      allocate: (length) => new Float32Array(length),
      async run(values, output) {
        log.twice ||= isBusy;
        isBusy = true;
        log.mostActive = Math.max(log.mostActive, ++log.active);
        const count = stage === 0 ? Math.ceil(values.length / 3) : values.length;
        log.longest[stage] = Math.max(log.longest[stage]!, count);
        await new Promise((resolve) => setTimeout(resolve, (frame * 7) % 3));
        for (let i = 0; i < count; i++) output[i] = values[stage === 0 ? 3 * i : i]! + frame + i;
        frame += count;
        log.active--;
        isBusy = false;
      },
    };
  });
  return { runners, log };
}

test('every frame goes through every stage once and in order, in runs no longer than allowed, so many at a time', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
  const cases = fc.tuple(lengths, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 70 }));
  await fc.assert(
    fc.asyncProperty(cases, async ([stages, concurrency, valueCount]) => {
      const values = Float32Array.from({ length: valueCount }, (_, i) => 100 * i);
      const { runners, log } = countingStages(stages);
      const results = await runStages(runners, values, concurrency);
      // The last frame may be shorter than the others.
      const frames = Array.from({ length: Math.ceil(valueCount / 3) }, (_, i) => 300 * i + stages.length * i);
      expect([...results]).toEqual(frames);
      expect(log.twice).toBe(false);
      expect(log.mostActive).toBeLessThanOrEqual(Math.min(concurrency, stages.length));
      for (const [stage, longest] of log.longest.entries()) expect(longest).toBeLessThanOrEqual(stages[stage]!);
    }),
    { numRuns: 60 },
  );
});

test('stages are at work side by side', async () => {
  const { runners, log } = countingStages([4, 4, 4]);
  await runStages(runners, new Float32Array(300), 2);
  expect(log.mostActive).toBe(2);
});

test('where a run fails, the others are waited for and nothing more is started', async () => {
  const { runners, log } = countingStages([2, 2]);
  let runs = 0;
  const failing: StageRunner = {
    ...runners[0]!,
    run(values, output) {
      if (++runs === 3) return Promise.reject(new Error('out of memory'));
      return runners[0]!.run(values, output);
    },
  };
  await expect(runStages([failing, runners[1]!], new Float32Array(60), 2)).rejects.toThrow('out of memory');
  expect(log.active).toBe(0);
  expect(runs).toBe(3);
});
