import type { TokenLane } from '@speech-tokens/token-view';
import { expect, test, vi } from 'vitest';
import type { TokensPart } from '../inference/index.ts';
import { createComingTokens } from './coming-tokens.ts';

const part = (count: number, firstSample: number): TokensPart => ({
  about: '1 × 100',
  lanes: [{ name: 'codes', size: 100, ids: new Uint32Array(count).fill(7), firstSample, hopSamples: 800 } as TokenLane],
});

test('tokens that come are there at once, and stay, said to be partial, when the run is cancelled', async () => {
  const [onMore, show] = [vi.fn(), vi.fn()];
  const coming = createComingTokens(onMore);
  const controller = new AbortController();
  const run = coming.follow('a', controller.signal, show, async (onPart) => {
    onPart(part(10, 0));
    expect(coming.get('a', 8000)).toMatchObject({ title: 'a', about: '1 × 100 · coming' });
    expect(show).toHaveBeenCalledTimes(1);
    onPart(part(25, 8000));
    expect(onMore).toHaveBeenCalledTimes(1);
    controller.abort(new Error('enough'));
    onPart(part(100, 28_000));
    controller.signal.throwIfAborted();
  });
  await expect(run).rejects.toThrow('enough');
  expect(show).toHaveBeenCalledTimes(2);
  const left = coming.get('a', 8000)!;
  expect(left.about).toBe('1 × 100 · partial: the first 3 s');
  expect(left.lanes[0]!.ids).toHaveLength(35);
});

test('a new run takes the place of what is left of an earlier one when something of it is there', async () => {
  const coming = createComingTokens(() => {});
  const { signal } = new AbortController();
  const failed = coming.follow(
    'a',
    signal,
    () => {},
    async (onPart) => {
      onPart(part(10, 0));
      throw new Error('no');
    },
  );
  await expect(failed).rejects.toThrow('no');
  const result = await coming.follow(
    'a',
    signal,
    () => {},
    async (onPart) => {
      expect(coming.get('a', 8000)!.lanes[0]!.ids).toHaveLength(10);
      onPart(part(4, 0));
      return 'done';
    },
  );
  expect(result).toBe('done');
  expect(coming.take('a')[0]!.ids).toHaveLength(4);
  expect(coming.get('a', 8000)).toBeUndefined();
});
