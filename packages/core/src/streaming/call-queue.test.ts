import { expect, test } from 'vitest';
import { createCallQueue } from './call-queue.ts';

test('calls run in order, an abort rejects at once, and what was begun is undone before the next call', async () => {
  const queue = createCallQueue();
  const log: string[] = [];
  const abort = new AbortController();
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const first = queue.run({
    async perform() {
      log.push('begun');
      await gate;
    },
    undo: () => void log.push('undone'),
    signal: abort.signal,
  });
  const second = queue.run({ perform: () => void log.push('second') });
  await undefined;
  await undefined;
  abort.abort('enough');
  await expect(first).rejects.toBe('enough');
  expect(log).toEqual(['begun']);
  open();
  await second;
  expect(log).toEqual(['begun', 'undone', 'second']);
});

test('a call that cannot be undone says so, and the calls after it run', async () => {
  const queue = createCallQueue();
  const stuck = queue.run({
    perform: () => Promise.reject(new Error('failed')),
    undo() {
      throw new Error('not undone');
    },
  });
  const next = queue.run({ perform: () => 'next' });
  await expect(stuck).rejects.toThrow('not undone');
  expect(await next).toBe('next');
});
