import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallOptions } from '../contract/call-options.ts';
import type { PlainData, SessionState } from '../contract/streaming.ts';
import { createStreamSession, type StreamMachine } from './create-stream-session.ts';

/** Adds numbers up, one at a time, with a pause before each. Fails at a negative one, half-way. */
class Sum implements StreamMachine<readonly number[], number> {
  #sum = 0;
  accept(input: readonly number[]): readonly number[] {
    if (input.some(Number.isNaN)) throw new RangeError('not a number');
    return [...input];
  }
  async push(input: readonly number[], { signal }: CallOptions): Promise<readonly number[]> {
    const sums: number[] = [];
    for (const value of input) {
      await new Promise(setImmediate);
      signal?.throwIfAborted();
      if (value < 0) throw new RangeError('negative');
      this.#sum += value;
      sums.push(this.#sum);
    }
    return sums;
  }
  async flush(): Promise<readonly number[]> {
    return [1000 + this.#sum];
  }
  reset(): void {
    this.#sum = 0;
  }
  save(): PlainData {
    return { sum: this.#sum };
  }
  restore(data: PlainData): boolean {
    const { sum } = data as { sum?: unknown };
    if (typeof sum !== 'number') return false;
    this.#sum = sum;
    return true;
  }
}

const open = (state?: SessionState, isClosed: () => boolean = () => false) =>
  createStreamSession(new Sum(), { writtenBy: 'sum', formatVersion: 1, state, isClosed });

test('calls run in order, awaited or not, and inputs are taken when the call is made', async () => {
  const session = open();
  const buffer = [1, 2];
  const results = [session.push(buffer), session.push([3]), session.flush()];
  buffer[0] = 99;
  expect(await Promise.all(results)).toEqual([[1, 3], [6], [1006]]);
});

test('a push that fails half-way counts as not made', async () => {
  const session = open();
  await session.push([1]);
  await expect(session.push([5, -1])).rejects.toThrow('negative');
  await expect(session.push([Number.NaN])).rejects.toThrow('not a number');
  expect(await session.push([2])).toEqual([3]);
});

test('an aborted call rejects with the reason itself and counts as not made, wherever it stands', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 12 }), async (ticks) => {
      const session = open();
      const [abort, reason] = [new AbortController(), { reason: 'mine' }];
      const first = session.push([1, 1]);
      const second = session.push([1, 1, 1], { signal: abort.signal });
      const flushed = session.flush({ signal: abort.signal });
      const third = flushed.then(
        () => undefined,
        () => session.push([10]),
      );
      for (let i = 0; i < ticks; i++) await new Promise(setImmediate);
      abort.abort(reason);
      const outcomes = await Promise.allSettled([first, second, flushed, third]);
      expect(outcomes[0]).toEqual({ status: 'fulfilled', value: [1, 2] });
      const made = outcomes[1].status === 'fulfilled';
      if (outcomes[1].status === 'rejected') expect(outcomes[1].reason).toBe(reason);
      if (outcomes[2].status === 'rejected') {
        expect(outcomes[2].reason).toBe(reason);
        expect(outcomes[3]).toEqual({ status: 'fulfilled', value: [made ? 15 : 12] });
      } else {
        expect(outcomes[2].value).toEqual([made ? 1005 : 1002]);
      }
    }),
  );
});

test('what a caller hears and where the stream stands agree, at whatever microtask the abort falls', async () => {
  for (let microtasks = 0; microtasks < 20; microtasks++) {
    // Without pauses, so that the whole call runs in microtasks.
    const machine = new Sum();
    machine.push = async ([value = 0]) => {
      const { sum } = machine.save() as { sum: number };
      machine.restore({ sum: sum + value });
      return [sum + value];
    };
    const session = createStreamSession(machine, { writtenBy: 'sum', formatVersion: 1, isClosed: () => false });
    const abort = new AbortController();
    const outcome = session.push([1], { signal: abort.signal }).then(
      () => 1,
      () => 0,
    );
    for (let i = 0; i < microtasks; i++) await undefined;
    abort.abort();
    const made = await outcome;
    expect(await session.push([10]), `abort after ${microtasks} microtasks`).toEqual([10 + made]);
  }
});

test('an abort does not wait for the calls before', async () => {
  const session = open();
  const abort = new AbortController();
  const long = session.push(new Array(50).fill(1));
  const waiting = session.push([1], { signal: abort.signal });
  abort.abort('now');
  let longIsDone = false;
  void long.then(() => {
    longIsDone = true;
  });
  await expect(waiting).rejects.toBe('now');
  expect(longIsDone).toBe(false);
  await long;
});

test('after flush only reset helps; after close nothing does', async () => {
  const session = open();
  await session.push([1]);
  await session.flush();
  await expect(session.push([1])).rejects.toMatchObject({ code: 'session-closed' });
  session.reset();
  expect(await session.push([4])).toEqual([4]);
  await session.close();
  await session.close();
  await expect(session.push([1])).rejects.toMatchObject({ code: 'session-closed' });
  await expect(session.flush()).rejects.toMatchObject({ code: 'session-closed' });
  await expect(session.saveState!()).rejects.toMatchObject({ code: 'session-closed' });
});

test('a session of a closed component is closed, and none is opened', async () => {
  let closed = false;
  const session = open(undefined, () => closed);
  closed = true;
  await expect(session.push([1])).rejects.toMatchObject({ code: 'session-closed' });
  expect(() => open(undefined, () => closed)).toThrow('The component was closed');
});

test('a saved state continues, flushed or not, and a foreign or damaged one is refused', async () => {
  const session = open();
  void session.push([1, 2]);
  const state = structuredClone(await session.saveState!());
  expect(await open(state).push([10])).toEqual([13]);
  await session.flush();
  await expect(open(await session.saveState!()).push([1])).rejects.toMatchObject({ code: 'session-closed' });
  for (const wrong of [
    { ...state, writtenBy: 'product' },
    { ...state, formatVersion: 2 },
    { ...state, data: null },
    { ...state, data: { flushed: false, stream: {} } },
  ]) {
    expect(() => open(wrong)).toThrow('The saved state cannot be continued here');
  }
});
