import { planConformance } from './conformance-plan.ts';
import { defaultConformanceSeed } from './run-conformance.ts';
import type { ConformanceSubject } from './subject.ts';

/** The functions of the author's own test runner: vitest, node:test, mocha, jest or any other of their kind. */
export interface TestRunner {
  test(name: string, run: () => Promise<void>): unknown;
  /**
   * Marks the running test as skipped. By default `skip` of the context that the runner passes to a test (vitest,
   * node:test) or calls it with (mocha) is used; jest has none, and shows a check that does not apply as passed.
   * @param context what the runner passed to the test
   */
  readonly skip?: (reason: string, context: unknown) => void;
  /** `afterAll` of vitest and jest, `after` of node:test and mocha: frees what was loaded. */
  readonly after?: (run: () => Promise<void>) => unknown;
}

export interface DefineConformanceTestsOptions {
  /** As for `runConformance`. */
  readonly seed?: string | number;
}

/**
 * Defines one test for each check of a subject, named `tokenizer-stream/latency: …` and, where a plugin has several
 * components, led by the component. Nothing is loaded before the first test runs. Tests share what they load, so they
 * are to run one after another, as runners do within a file.
 */
export function defineConformanceTests(
  { test, skip = skipByContext, after }: TestRunner,
  subject: ConformanceSubject,
  { seed = defaultConformanceSeed }: DefineConformanceTestsOptions = {},
): void {
  const plan = planConformance(subject, seed);
  for (const check of plan.checks) {
    const owner = subject.kind === 'plugin' ? `${check.subject}: ` : '';
    // A function of no named parameters: runners take one that names any for one that calls back.
    test(`${owner}${check.id}: ${check.title}`, async function (this: unknown, ...args: readonly unknown[]) {
      const applied = await check.run();
      if (applied !== true) skip(applied, canSkip(args[0]) ? args[0] : this);
    });
  }
  after?.(() => plan.close());
}

function skipByContext(reason: string, context: unknown): void {
  if (canSkip(context)) context.skip(reason);
}

function canSkip(context: unknown): context is { skip(reason: string): void } {
  return typeof (context as { skip?: unknown } | undefined)?.skip === 'function';
}
