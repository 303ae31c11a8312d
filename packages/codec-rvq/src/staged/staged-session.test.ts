import {
  add,
  concat,
  GraphBuilder,
  type GraphSession,
  openGraphSession,
  reshape,
  slice,
  symbolicDim,
  withHistory,
} from '@speech-tokens/onnx-graph';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GraphStage, openStages, type StagedOptions } from './staged-session.ts';

const frames = symbolicDim('frames');

/** Samples, two a frame → the sum of each frame and of the one before it. */
function sumsOfFrames(framesPerRun: number): GraphStage {
  const g = new GraphBuilder('first');
  const samples = g.input('samples', 'float32', [{ symbol: 'frames', times: 2, plus: 0 }]);
  const extended = g.scope('first', () => withHistory(g, reshape(g, samples, [frames, 2]), 1));
  const column = (from: number, to: { readonly fromEnd: number }, at: number) =>
    slice(g, slice(g, extended, 0, from, to), 1, at, at + 1);
  const own = add(g, column(1, { fromEnd: 0 }, 0), column(1, { fromEnd: 0 }, 1));
  const before = add(g, column(0, { fromEnd: 1 }, 0), column(0, { fromEnd: 1 }, 1));
  g.output('sums', concat(g, [own, before], 1));
  return { graph: g.build(), framesPerRun };
}

/** Both sums of a frame → the first of this frame beside the first of three frames before. */
function delays(framesPerRun: number): GraphStage {
  const g = new GraphBuilder('second');
  const sums = slice(g, g.input('sums', 'float32', [frames, 2]), 1, 0, 1);
  const extended = g.scope('second', () => withHistory(g, sums, 3));
  g.output('result', concat(g, [sums, slice(g, extended, 0, 0, { fromEnd: 3 })], 1));
  return { graph: g.build(), framesPerRun };
}

const open: StagedOptions['open'] = (graph, options) => openGraphSession(graph, { ...options, weightsDirectory: '.' });
const oneThread = { runtime: {}, open };
const run = (session: GraphSession, values: Float32Array, state = session.createState()) =>
  session.run({ samples: { values, shape: [values.length] } }, state);

test('graphs follow each other, each in runs of its own length', async () => {
  const samples = Float32Array.from({ length: 26 }, (_, i) => i + 1);
  const sum = (frame: number): number => (frame < 0 ? 0 : samples[2 * frame]! + samples[2 * frame + 1]!);
  const wanted = Array.from({ length: 13 }, (_, frame) => [sum(frame), sum(frame - 3)]).flat();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 }), async (first, second) => {
      const session = await openStages([sumsOfFrames(first), delays(second)], oneThread);
      expect([...(await run(session, samples)).result!]).toEqual(wanted);
      await session.close();
    }),
    { numRuns: 20 },
  );
});

test('the state of all graphs is saved, restored and reset as one', async () => {
  const session = await openStages([sumsOfFrames(2), delays(3)], oneThread);
  const state = session.createState();
  await run(session, Float32Array.of(1, 2, 3, 4), state);
  const saved = state.save();
  expect(Object.keys(saved).sort()).toEqual(['first.history', 'second.history']);
  const next = Float32Array.of(5, 6, 7, 8);
  const continued = [...(await run(session, next, state)).result!];
  expect(continued).toEqual([11, 0, 15, 3]);

  const other = session.createState();
  expect(other.restore(saved)).toBeUndefined();
  expect([...(await run(session, next, other)).result!]).toEqual(continued);
  expect(other.restore({ ...saved, 'second.history': new Float32Array(2) })).toBe('second.history');
  other.reset();
  expect([...(await run(session, next, other)).result!]).toEqual([11, 0, 15, 0]);
  await session.close();
});

test('where one graph cannot be opened, those before it are closed', async () => {
  let closed = 0;
  const failing: StagedOptions['open'] = async (graph, options) => {
    if (graph.name === 'second') throw new Error('no memory');
    const session = await open(graph, options);
    return {
      ...session,
      close: async () => {
        closed += 1;
        await session.close();
      },
    };
  };
  await expect(openStages([sumsOfFrames(1), delays(1)], { runtime: {}, open: failing })).rejects.toThrow('no memory');
  expect(closed).toBe(1);
});

test('on several threads, graphs give what they give on one, and one that fails fails the run', async () => {
  const samples = Float32Array.from({ length: 400 }, (_, i) => Math.sin(i));
  const stages = [sumsOfFrames(7), delays(16)];
  const [one, several] = [
    await openStages(stages, oneThread),
    await openStages(stages, { runtime: { threadCount: 2 }, open }),
  ];
  const [state, otherState] = [one.createState(), several.createState()];
  for (const piece of [samples, samples.subarray(0, 2), samples.subarray(0, 250)]) {
    expect(await run(several, piece, otherState)).toEqual(await run(one, piece, state));
  }
  expect(otherState.save()).toEqual(state.save());
  const wrong = several.run({ samples: { values: new Int32Array(400), shape: [400] } }, otherState);
  await expect(wrong).rejects.toMatchObject({ code: 'inference-failed', details: { stage: 'running first' } });
  await one.close();
  await several.close();
});
