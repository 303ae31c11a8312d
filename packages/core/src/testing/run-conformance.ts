import { type PlannedCheck, planConformance } from './conformance-plan.ts';
import type { ConformanceSubject } from './subject.ts';

/** What came of one check. */
export interface CheckResult {
  /** Whom it is about, for example `tokenizer rvq:speech-16khz`. */
  readonly subject: string;
  /** The check, for example `tokenizer-stream/latency`. */
  readonly id: string;
  /** What the contract promises, as a sentence. */
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** What was found and wanted, or why the check was skipped; absent where it has passed. */
  readonly reason?: string;
  /** What was thrown by a check that has failed; a `ConformanceFailure` where a promise was seen broken. */
  readonly error?: unknown;
  readonly durationMs: number;
}

export interface RunConformanceOptions {
  /** Stops between two checks, or in one: the run then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called before each check. */
  readonly onProgress?: (progress: ConformanceProgress) => void;
  /** Equal seeds check with equal sounds and chunk sizes. A fixed one by default, so that a result can be repeated. */
  readonly seed?: string | number;
  /** A check that takes longer has failed: a call that never settles must not stop the run. 5 minutes by default. */
  readonly checkTimeoutMs?: number;
}

export interface ConformanceProgress {
  readonly subject: string;
  readonly id: string;
  readonly title: string;
  /** Checks that are done, and of how many. */
  readonly done: number;
  readonly total: number;
}

export const defaultConformanceSeed = 'speech-tokens conformance';

/**
 * Runs every check of a subject, one after another, and gives the result of each as it comes. A check that fails does
 * not end the run. Everything that was loaded is closed at the end, also where the consumer stops early.
 */
export async function* runConformance(
  subject: ConformanceSubject,
  options: RunConformanceOptions = {},
): AsyncGenerator<CheckResult, void, undefined> {
  const { signal, onProgress, seed = defaultConformanceSeed, checkTimeoutMs = 300_000 } = options;
  signal?.throwIfAborted();
  const plan = planConformance(subject, seed);
  try {
    for (const [done, check] of plan.checks.entries()) {
      signal?.throwIfAborted();
      const { subject: name, id, title } = check;
      onProgress?.({ subject: name, id, title, done, total: plan.checks.length });
      yield await runCheck(check, checkTimeoutMs, signal);
    }
  } finally {
    await plan.close();
  }
}

/** @throws the signal's reason; what goes wrong with the check is its result */
async function runCheck(
  check: PlannedCheck,
  checkTimeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<CheckResult> {
  const { subject, id, title } = check;
  const start = performance.now();
  const result = (rest: Pick<CheckResult, 'status' | 'reason' | 'error'>): CheckResult => ({
    subject,
    id,
    title,
    ...rest,
    durationMs: performance.now() - start,
  });
  try {
    const applied = await withinLimits(check, checkTimeoutMs, signal);
    return applied === true ? result({ status: 'passed' }) : result({ status: 'skipped', reason: applied });
  } catch (error) {
    signal?.throwIfAborted();
    return result({ status: 'failed', reason: error instanceof Error ? error.message : String(error), error });
  }
}

async function withinLimits(
  { run, abandon }: PlannedCheck,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<true | string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`The check did not end within ${timeoutMs / 1000} s.`));
      abandon();
    }, timeoutMs);
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([run(), limit]);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener('abort', onAbort);
  }
}
