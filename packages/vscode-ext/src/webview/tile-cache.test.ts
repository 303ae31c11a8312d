import { expect, test, vi } from 'vitest';
import { createTileCache } from './tile-cache.ts';

interface Asked {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly come: () => void;
  readonly fail: () => void;
}

function setUp(mostBytes = 100) {
  vi.useFakeTimers();
  const asked: Asked[] = [];
  const onMore = vi.fn();
  const cache = createTileCache<string>({
    load: (key, signal) =>
      new Promise((resolve, reject) => {
        asked.push({ key, signal, come: () => resolve(`tile ${key}`), fail: () => reject(new Error('no')) });
      }),
    bytesOf: () => 10,
    mostBytes,
    onMore,
  });
  const come = async (key: string): Promise<void> => {
    asked.findLast((one) => one.key === key && !one.signal.aborted)!.come();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { cache, asked, onMore, come };
}

const rest = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1000);

test('tiles are loaded once movement rests, two at a time, and told of', async () => {
  const { cache, asked, onMore, come } = setUp();
  expect(cache.want(['a', 'b', 'c'])).toEqual([undefined, undefined, undefined]);
  expect(asked).toEqual([]);
  await rest();
  expect(asked.map(({ key }) => key)).toEqual(['a', 'b']);
  await come('a');
  expect(onMore).toHaveBeenCalledTimes(1);
  expect(asked.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  expect(cache.want(['a', 'b', 'c'])).toEqual(['tile a', undefined, undefined]);
});

test('what is not in view any more is cancelled, and asked for again when it is', async () => {
  const { cache, asked, come } = setUp();
  cache.want(['a', 'b']);
  await rest();
  cache.want(['b', 'c']);
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  await rest();
  await come('b');
  await come('c');
  cache.want(['a', 'b', 'c']);
  await rest();
  expect(asked.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'a']);
});

test('memory is bounded: the one whose last use is longest ago goes, and none that is in view', async () => {
  const { cache, asked, come } = setUp(20);
  for (const key of ['a', 'b']) {
    cache.want([key]);
    await rest();
    await come(key);
  }
  cache.want(['a']);
  cache.want(['c']);
  await rest();
  await come('c');
  expect(cache.want(['a', 'b', 'c'])).toEqual(['tile a', undefined, 'tile c']);
  await rest();
  await come('b');
  expect(cache.want(['a', 'b', 'c'])).toEqual(['tile a', 'tile b', 'tile c']);
  expect(asked).toHaveLength(4);
});

test('what fails is not asked for again before everything is forgotten', async () => {
  const { cache, asked } = setUp();
  cache.want(['a']);
  await rest();
  asked[0]!.fail();
  await rest();
  cache.want([]);
  cache.want(['a']);
  await rest();
  expect(asked).toHaveLength(1);
  cache.clear();
  cache.want(['a']);
  await rest();
  expect(asked).toHaveLength(2);
});
