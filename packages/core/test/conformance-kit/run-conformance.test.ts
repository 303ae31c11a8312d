import { expect, it, vi } from 'vitest';
import { ConformanceFailure, defineConformanceTests, runConformance } from '../../src/testing/index.ts';
import { plainFormat } from './reference-format.ts';
import { createReferenceTokenizer } from './reference-tokenizer.ts';
import { failuresOf, referencePair, resultsOf } from './run-kit.ts';

it('gives what was found and wanted, and goes on after a failure', async () => {
  const results = await resultsOf(
    referencePair({ tokenizer: (part) => ({ ...part, latencySamples: part.latencySamples + 1 }) }),
  );
  const failed = results.filter(({ status }) => status === 'failed');
  expect(failed).toHaveLength(1);
  expect(failed[0]).toMatchObject({ subject: 'tokenizer', id: 'tokenizer-stream/latency' });
  expect(failed[0]?.reason).toContain('found all output within 20 samples, wanted latencySamples, 21');
  expect(failed[0]?.error).toBeInstanceOf(ConformanceFailure);
  expect(results.at(-1)).toMatchObject({ id: 'pair/streams-through', status: 'passed' });
});

it('fails a check whose call never settles, and goes on', async () => {
  const results = await resultsOf(
    referencePair({
      tokenizer: (part) => ({
        ...part,
        callBatch: (inputs, options) =>
          inputs.length === 5 && options === undefined ? new Promise(() => {}) : part.callBatch(inputs, options),
      }),
    }),
    { checkTimeoutMs: 2_000 },
  );
  expect(failuresOf(results)).toEqual(['tokenizer/batch']);
  expect(results.find(({ status }) => status === 'failed')?.reason).toContain('did not end within 2 s');
});

it('stops with the reason of the caller, and closes what it loaded', async () => {
  const reason = { why: 'enough' };
  const controller = new AbortController();
  const { subject, open } = countedTokenizer();
  const seen: string[] = [];
  const run = async (): Promise<void> => {
    for await (const { id } of runConformance(subject, { signal: controller.signal })) {
      seen.push(id);
      if (seen.length === 3) controller.abort(reason);
    }
  };
  await expect(run()).rejects.toBe(reason);
  expect(seen).toHaveLength(3);
  expect(open()).toBe(0);
  await expect(runConformance(subject, { signal: AbortSignal.abort(reason) }).next()).rejects.toBe(reason);
});

it('closes what it loaded when the consumer stops early, and at the end', async () => {
  const early = countedTokenizer();
  for await (const { id } of runConformance(early.subject)) if (id === 'tokenizer/sample-counts') break;
  expect(early.loaded()).toBeGreaterThan(0);
  expect(early.open()).toBe(0);
  const whole = countedTokenizer();
  await resultsOf(whole.subject);
  expect(whole.open()).toBe(0);
});

it('reports its progress', async () => {
  const reports: string[] = [];
  const results = await resultsOf(countedTokenizer().subject, {
    onProgress: ({ id, done, total }) => reports.push(`${done}/${total} ${id}`),
  });
  expect(reports).toEqual(results.map(({ id }, done) => `${done}/${results.length} ${id}`));
});

it('defines one test a check, which fails, passes or skips by itself', async () => {
  const tests = new Map<string, (...args: unknown[]) => Promise<void>>();
  const frees: (() => Promise<void>)[] = [];
  const broken = referencePair({ tokenizer: (part) => ({ ...part, latencySamples: part.latencySamples + 1 }) });
  defineConformanceTests({ test: (name, run) => tests.set(name, run), after: (run) => frees.push(run) }, broken);
  const runOf = (id: string) => [...tests].find(([name]) => name.startsWith(`${id}: `))?.[1] as () => Promise<void>;
  expect(tests.size).toBe((await resultsOf(referencePair())).length);
  // Runners take a function with a parameter for one that calls back.
  expect([...tests.values()].every((run) => run.length === 0)).toBe(true);
  await expect(runOf('tokenizer-stream/latency')()).rejects.toThrow(ConformanceFailure);
  await runOf('tokenizer-stream/reset')();
  await Promise.all(frees.map((free) => free()));
});

it('skips by whatever the runner offers', async () => {
  const run = async (context: unknown, skip?: (reason: string, context: unknown) => void) => {
    const tests = new Map<string, (this: unknown, ...args: unknown[]) => Promise<void>>();
    const { tokenizeBatch: _, ...tokenizer } = createReferenceTokenizer(plainFormat);
    defineConformanceTests(
      { test: (name, body) => tests.set(name, body), ...(skip === undefined ? {} : { skip }) },
      { kind: 'tokenizer', load: async () => tokenizer },
    );
    const batch = [...tests].find(([name]) => name.startsWith('tokenizer/batch'))?.[1];
    return { byArgument: () => batch?.(context), byThis: () => batch?.call(context) };
  };
  const reason = 'the tokenizer has no tokenizeBatch';
  const context = { skip: vi.fn() };
  await (await run(context)).byArgument();
  expect(context.skip).toHaveBeenLastCalledWith(reason);
  await (await run(context)).byThis();
  expect(context.skip).toHaveBeenCalledTimes(2);
  const skip = vi.fn();
  await (await run(context, skip)).byArgument();
  expect(skip).toHaveBeenCalledWith(reason, context);
  await (await run(undefined)).byArgument();
});

function countedTokenizer() {
  let loaded = 0;
  const open = new Set<object>();
  return {
    loaded: () => loaded,
    open: () => open.size,
    subject: {
      kind: 'tokenizer',
      async load() {
        loaded++;
        const tokenizer = createReferenceTokenizer(plainFormat);
        open.add(tokenizer);
        return {
          ...tokenizer,
          async close() {
            open.delete(tokenizer);
            await tokenizer.close();
          },
        };
      },
    },
  } as const;
}
