import { describe, expect, test } from 'vitest';
import {
  add,
  GraphBuilder,
  type GraphState,
  matMul,
  openGraphSession,
  slice,
  symbolicDim,
  transpose,
  withHistory,
} from '../src/index.ts';

async function historySession(ownThread: boolean) {
  const g = new GraphBuilder('test');
  const x = g.input('x', 'float32', [{ symbol: 'rows', times: 1, plus: 0 }, 1]);
  g.output(
    'y',
    g.scope('layer', () => withHistory(g, x, 2)),
  );
  const session = await openGraphSession(g.build(), { weightsDirectory: '.', ownThread });
  return {
    session,
    run: async (state: ReturnType<typeof session.createState>, ...values: number[]) => {
      const input = { values: Float32Array.from(values), shape: [values.length, 1] };
      return [...(await session.run({ x: input }, state)).y!];
    },
  };
}

describe.each([{ ownThread: false }, { ownThread: true }])('with a thread of its own: $ownThread', ({ ownThread }) => {
  test('states are independent, can be saved and continued, and start over at zero', async () => {
    const { session, run } = await historySession(ownThread);
    const [a, b] = [session.createState(), session.createState()];
    await run(a, 1, 2);
    expect(await run(b, 7)).toEqual([0, 0, 7]);
    const saved = structuredClone(a.save());
    expect(saved).toEqual({ 'layer.history': Float32Array.of(1, 2) });
    expect(await run(a, 3)).toEqual([1, 2, 3]);
    const continued = session.createState();
    expect(continued.restore(saved)).toBeUndefined();
    expect(await run(continued, 3)).toEqual([1, 2, 3]);
    a.reset();
    expect(await run(a, 5)).toEqual([0, 0, 5]);
    await session.close();
  });

  test('an output is written to the place that it is given', async () => {
    const { session } = await historySession(ownThread);
    const place = new Float32Array(new SharedArrayBuffer(24)).subarray(1, 5);
    const x = { values: Float32Array.of(8, 9), shape: [2, 1] };
    const results = await session.run({ x }, session.createState(), { y: { values: place, shape: [4, 1] } });
    expect(results['y']).toBe(place);
    expect([...new Float32Array(place.buffer)]).toEqual([0, 0, 0, 8, 9, 0]);
    await session.close();
  });

  test('rows of a memory lie at their places, around its end, and are carried, saved and restored', async () => {
    const g = new GraphBuilder('test');
    const x = g.input('x', 'float32', [symbolicDim('rows'), 2]);
    const last = g.input('last', 'int32', [1]);
    const ring = g.memory('ring', [3, 2], { axis: 0 });
    ring.append(x, last);
    g.output('y', add(g, ring.value, g.scalar(0)));
    const session = await openGraphSession(g.build(), { weightsDirectory: '.', ownThread });
    /** What was there before, as the run sees it. */
    const put = async (state: GraphState, lastPlace: number, ...values: number[]) => {
      const inputs = {
        x: { values: Float32Array.from(values), shape: [values.length / 2, 2] },
        last: { values: Int32Array.of(lastPlace), shape: [1] },
      };
      const results = await session.run(inputs, state);
      expect(Object.keys(results)).toEqual(['y']);
      return [...results.y!];
    };
    const [a, b] = [session.createState(), session.createState()];
    expect(await put(a, 1, 5, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    const saved = a.save();
    expect(await put(a, 0, 7, 8, 9, 9)).toEqual([0, 0, 5, 6, 0, 0]);
    expect(await put(a, 2, 0, 0)).toEqual([9, 9, 5, 6, 7, 8]);
    expect(await put(b, 0, 9, 9)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(b.restore(saved)).toBeUndefined();
    expect(await put(b, 0, 1, 2)).toEqual([0, 0, 5, 6, 0, 0]);
    a.reset();
    expect(await put(a, 0, 3, 4)).toEqual([0, 0, 0, 0, 0, 0]);
    await session.close();
  });

  test('the way back of a mark leads over several runs, through places that were written twice, and growth', async () => {
    const g = new GraphBuilder('test');
    const x = g.input('x', 'float32', [symbolicDim('rows'), 1]);
    const last = g.input('last', 'int32', [1]);
    const cached = g.memory('cache', [200, 1], { axis: 0, dim: symbolicDim('cached') });
    cached.append(x, last);
    const sum = g.state('sum', 'float32', [1]);
    sum.advance(add(g, sum.value, g.constant(Float32Array.of(1), [1])));
    g.output('y', add(g, cached.value, sum.value));
    const session = await openGraphSession(g.build(), { weightsDirectory: '.', ownThread });
    const put = async (state: GraphState, lastPlace: number, ...values: number[]) => {
      const rows = { values: Float32Array.from(values), shape: [values.length, 1] };
      return (await session.run({ x: rows, last: { values: Int32Array.of(lastPlace), shape: [1] } }, state)).y!;
    };
    const state = session.createState();
    await put(state, 2, 1, 2, 3);
    const before = state.save();
    const goBack = state.mark();
    await put(state, 1, 8);
    await put(state, 3, 9, 9, 9);
    state.reserve(100);
    await put(state, 90, 7);
    goBack();
    const after = state.save();
    expect(after.sum).toEqual(before.sum);
    expect([...after.cache!.subarray(0, 64)]).toEqual([...before.cache!]);
    expect(after.cache!.subarray(64).every((value) => value === 0)).toBe(true);
    // Another mark stands where the stream is then.
    await put(state, 0, 5);
    const again = state.mark();
    await put(state, 0, 6);
    again();
    expect((await put(state, 63, 0)).slice(0, 3)).toEqual(Float32Array.of(5 + 2, 2 + 2, 3 + 2));
    await session.close();
  });

  test('the way back of a mark is the same where more was written than there are places', async () => {
    const g = new GraphBuilder('test');
    const x = g.input('x', 'float32', [2, symbolicDim('rows'), 1]);
    const last = g.input('last', 'int32', [1]);
    const ring = g.memory('ring', [2, 4, 1], { axis: 1 });
    ring.append(x, last);
    g.output('y', add(g, ring.value, g.scalar(0)));
    const session = await openGraphSession(g.build(), { weightsDirectory: '.', ownThread });
    const state = session.createState();
    const put = (lastPlace: number, ...values: number[]) => {
      const rows = { values: Float32Array.from(values), shape: [2, values.length / 2, 1] };
      return session.run({ x: rows, last: { values: Int32Array.of(lastPlace), shape: [1] } }, state);
    };
    await put(3, 1, 2, 3, 4, 5, 6, 7, 8);
    // In runs of one row, some of them twice at a place; of two, around the end; and of all places at once.
    for (const runs of [
      [
        [0, 9, 9],
        [0, 8, 8],
        [2, 7, 7],
      ],
      [
        [0, 9, 9, 9, 9],
        [1, 6, 6],
        [0, 5, 5, 5, 5],
        [3, 4, 4],
      ],
      [
        [2, 9, 9, 9, 9, 9, 9, 9, 9],
        [0, 3, 3],
      ],
    ]) {
      const goBack = state.mark();
      for (const [lastPlace, ...values] of runs) await put(lastPlace!, ...values);
      goBack();
      expect([...state.save()['ring']!]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }
    await session.close();
  });

  test('a memory grows, and keeps what it holds; a saved one is as long as it was', async () => {
    const g = new GraphBuilder('test');
    const x = g.input('x', 'float32', [2, 1, 1]);
    const last = g.input('last', 'int32', [1]);
    const cached = symbolicDim('cached');
    const cache = g.memory('cache', [2, 200, 1], { axis: 1, dim: cached });
    cache.append(x, last);
    g.output('y', add(g, cache.value, g.scalar(0)));
    const session = await openGraphSession(g.build(), { weightsDirectory: '.', ownThread });
    const put = async (state: GraphState, place: number, one: number, other: number) => {
      const inputs = {
        x: { values: Float32Array.of(one, other), shape: [2, 1, 1] },
        last: { values: Int32Array.of(place), shape: [1] },
      };
      return (await session.run(inputs, state)).y as Float32Array;
    };
    const state = session.createState();
    expect(await put(state, 63, 1, 2)).toHaveLength(2 * 64);
    state.reserve(64);
    expect(await put(state, 0, 3, 4)).toHaveLength(2 * 64);
    state.reserve(65);
    const grown = await put(state, 64, 5, 6);
    expect([0, 63, 128, 191].map((i) => grown[i])).toEqual([3, 1, 4, 2]);
    expect(grown).toHaveLength(2 * 128);
    const other = session.createState();
    expect(other.restore(state.save())).toBeUndefined();
    expect((await put(other, 1, 7, 7))[64]).toBe(5);
    state.reserve(1000);
    const whole = await put(state, 199, 8, 8);
    expect(whole).toHaveLength(2 * 200);
    expect([0, 63, 64, 200, 263, 264].map((i) => whole[i])).toEqual([3, 1, 5, 4, 2, 6]);
    const refused = session.createState();
    expect(refused.restore({ cache: new Float32Array(2 * 201) })).toBe('cache');
    expect(refused.restore({ cache: new Float32Array(129) })).toBe('cache');
    await session.close();
  });

  test('a saved state that does not fit is refused whole', async () => {
    const { session, run } = await historySession(ownThread);
    const state = session.createState();
    await run(state, 1, 2);
    expect(state.restore({ 'layer.history': new Float32Array(3) })).toBe('layer.history');
    expect(state.restore(null)).toBe('layer.history');
    expect(await run(state, 3)).toEqual([1, 2, 3]);
    await session.close();
  });

  test('a run with a wrong input fails with the stage, and the state stands', async () => {
    const { session, run } = await historySession(ownThread);
    const state = session.createState();
    await run(state, 1, 2);
    const wrong = session.run({ x: { values: new Float32Array(4), shape: [2, 2] } }, state);
    await expect(wrong).rejects.toMatchObject({ code: 'inference-failed', details: { stage: 'running test' } });
    expect(await run(state, 3)).toEqual([1, 2, 3]);
  });

  test('of two runs at a time, the one that fails is the wrong one', async () => {
    const { session, run } = await historySession(ownThread);
    const [good, bad] = [session.createState(), session.createState()];
    const running = run(good, 1, 2);
    const misshapen = session.run({ x: { values: new Float32Array(4), shape: [3, 1] } }, bad);
    await expect(misshapen).rejects.toMatchObject({ code: 'inference-failed' });
    expect(await running).toEqual([0, 0, 1, 2]);
    await session.close();
  });

  test('closing waits for the run in progress, refuses further ones, and may be repeated', async () => {
    const { session, run } = await historySession(ownThread);
    const state = session.createState();
    const running = run(state, 1, 2);
    const closed = session.close();
    await expect(run(state, 3)).rejects.toMatchObject({ code: 'session-closed' });
    expect(await running).toEqual([0, 0, 1, 2]);
    await closed;
    await session.close();
  });
});

test.each([false, true])(
  'a provider that this build does not have is named (a thread of its own: %s)',
  async (ownThread) => {
    const g = new GraphBuilder('test');
    g.output('y', g.input('x', 'float32', [1]));
    const opening = openGraphSession(g.build(), { weightsDirectory: '.', executionProviders: ['abacus'], ownThread });
    await expect(opening).rejects.toMatchObject({ code: 'inference-failed', details: { stage: 'loading test' } });
    await expect(opening).rejects.toThrow('abacus');
  },
);

test('a run on a thread of its own gives the same bits, does not hold up the calling thread, and leaves its input alone', async () => {
  const build = () => {
    const g = new GraphBuilder('test');
    const x = g.input('x', 'float32', [symbolicDim('rows'), 600]);
    let y = x;
    for (let i = 0; i < 20; i++) y = g.node('Tanh', [matMul(g, y, transpose(g, slice(g, y, 0, 0, 600), [1, 0]))], y);
    g.output('y', y);
    return g.build();
  };
  const values = Float32Array.from({ length: 600 * 600 + 5 }, (_, i) => Math.sin(i)).subarray(5);
  const results: number[][] = [];
  let ticks = 0;
  for (const ownThread of [false, true]) {
    const session = await openGraphSession(build(), { weightsDirectory: '.', ownThread });
    ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    results.push([...(await session.run({ x: { values, shape: [600, 600] } }, session.createState())).y!]);
    clearInterval(ticking);
    await session.close();
  }
  expect(results[1]).toEqual(results[0]);
  expect(ticks).toBeGreaterThan(1);
  expect(values.length).toBe(600 * 600);
});
