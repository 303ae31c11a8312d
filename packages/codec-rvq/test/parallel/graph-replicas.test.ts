import type { GraphSession, RuntimeOptions } from '@speech-tokens/onnx-graph';
import { expect, test } from 'vitest';
import { openReplicas } from '../../src/parallel/graph-replicas.ts';

type Options = RuntimeOptions & { readonly ownThread: boolean };

/** Sessions that note what they are opened with, and how many run at a time. */
function pretendSessions(failAt = Number.POSITIVE_INFINITY) {
  const opened: Options[] = [];
  const counts = { closed: 0, running: 0, most: 0 };
  const open = async (options: Options): Promise<GraphSession> => {
    if (opened.push(options) > failAt) throw new Error('no more');
    let isBusy = false;
    return {
      createState: () => ({
        save: () => ({}),
        restore: () => undefined,
        reset: () => undefined,
        reserve: () => undefined,
        mark: () => () => undefined,
      }),
      async run({ fail }) {
        if (isBusy) throw new Error('two runs in one session');
        isBusy = true;
        counts.most = Math.max(counts.most, ++counts.running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        counts.running--;
        isBusy = false;
        if (fail !== undefined) throw new Error('failed');
        return {};
      },
      async close() {
        counts.closed++;
      },
    };
  };
  return { open, opened, counts };
}

const failing = { fail: { values: new Float32Array(1), shape: [1] } };

test.each([
  [{}, [{ threadCount: 1, ownThread: false }], 1],
  [{ threadCount: 2 }, Array(2).fill({ threadCount: 1, ownThread: true }), 3],
  [{ threadCount: 9 }, Array(4).fill({ threadCount: 2, ownThread: true }), 5],
])('with %o there are %o', async (runtime, wanted, atOnce) => {
  const { open, opened, counts } = pretendSessions();
  const replicas = await openReplicas(open, runtime);
  expect(opened).toEqual(wanted);
  expect(replicas.atOnce).toBe(atOnce);
  await Promise.all(Array.from({ length: 20 }, () => replicas.run({})));
  expect(counts.most).toBe(wanted.length);
  await replicas.close();
  expect(counts.closed).toBe(wanted.length);
});

test('where others run beside it, one of one thread', async () => {
  const { open, opened } = pretendSessions();
  expect((await openReplicas(open, { threadCount: 8 }, 1)).atOnce).toBe(2);
  expect(opened).toEqual([{ threadCount: 1, ownThread: true }]);
});

test('a run that fails gives its place to the next', async () => {
  const { open, counts } = pretendSessions();
  const replicas = await openReplicas(open, { threadCount: 2 });
  const runs = Array.from({ length: 6 }, (_, i) => replicas.run(i < 3 ? failing : {}));
  const outcomes = (await Promise.allSettled(runs)).map(({ status }) => status);
  expect(outcomes).toEqual([...Array(3).fill('rejected'), ...Array(3).fill('fulfilled')]);
  expect(counts.running).toBe(0);
});

test('where one cannot be loaded, the others are closed', async () => {
  const { open, counts } = pretendSessions(2);
  await expect(openReplicas(open, { threadCount: 4 })).rejects.toThrow('no more');
  expect(counts.closed).toBe(2);
});
