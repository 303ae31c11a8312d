import { expect, test } from 'vitest';
import { inOrder } from '../../src/parallel/in-order.ts';

const after = <Value>(milliseconds: number, value: Value): Promise<Value> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, value));

async function resultsOf<Result>(results: AsyncIterable<{ readonly result: Result }>): Promise<Result[]> {
  const found: Result[] = [];
  for await (const { result } of results) found.push(result);
  return found;
}

test('results come in the order of the items, whichever is ready first', async () => {
  const delays = [20, 1, 10, 1, 5];
  expect(await resultsOf(inOrder(delays.keys(), 3, (item) => after(delays[item]!, item)))).toEqual([0, 1, 2, 3, 4]);
});

test('so many are at work, and no more are asked for', async () => {
  let [asked, running, most, ahead] = [0, 0, 0, 0];
  const items = (function* () {
    for (; asked < 10; asked++) yield asked;
  })();
  let done = 0;
  for await (const _ of inOrder(items, 3, async () => {
    most = Math.max(most, ++running);
    ahead = Math.max(ahead, asked - done);
    await after(2, undefined);
    running--;
  })) {
    done++;
  }
  expect({ done, most, ahead }).toEqual({ done: 10, most: 3, ahead: 2 });
});

test('items may come one after another themselves', async () => {
  async function* items() {
    for (const item of [3, 2, 1]) yield after(item, item);
  }
  expect(await resultsOf(inOrder(items(), 2, (item) => after(item, 10 * item)))).toEqual([30, 20, 10]);
});

test('an error is thrown in its turn, when those under way have ended', async () => {
  const ended: number[] = [];
  let isClosed = false;
  const items = (function* () {
    try {
      for (let item = 0; ; item++) yield item;
    } finally {
      isClosed = true;
    }
  })();
  const found: number[] = [];
  const work = async (item: number): Promise<number> => {
    await after(item === 1 ? 1 : 15, undefined);
    if (item === 1) throw new Error('item 1');
    ended.push(item);
    return item;
  };
  await expect(async () => {
    for await (const { result } of inOrder(items, 3, work)) found.push(result);
  }).rejects.toThrow('item 1');
  expect({ found, ended, isClosed }).toEqual({ found: [0], ended: [0, 2, 3], isClosed: true });
});

test('who stops early waits for those under way', async () => {
  let running = 0;
  for await (const _ of inOrder([1, 2, 3, 4], 2, async () => {
    running++;
    await after(5, undefined);
    running--;
  })) {
    break;
  }
  expect(running).toBe(0);
});
