import type { ErrorCode } from '../errors/error-details.ts';
import { isSpeechTokensError } from '../errors/speech-tokens-error.ts';
import { ConformanceFailure } from './conformance-check.ts';

/** What a call came to. */
export type Outcome<T> =
  | { readonly status: 'resolved'; readonly value: T }
  | { readonly status: 'rejected'; readonly reason: unknown };

/** A call in progress. */
export interface Watched<T> {
  /** Whether it has come to anything by now. */
  readonly settled: boolean;
  /** Never rejects. */
  readonly outcome: Promise<Outcome<T>>;
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  let settled = false;
  const outcome = promise.then(
    (value): Outcome<T> => {
      settled = true;
      return { status: 'resolved', value };
    },
    (reason: unknown): Outcome<T> => {
      settled = true;
      return { status: 'rejected', reason };
    },
  );
  return {
    get settled() {
      return settled;
    },
    outcome,
  };
}

export function expectThat(condition: boolean, problem: string, facts: () => { found: string; wanted: string }): void {
  if (!condition) throw new ConformanceFailure(problem, facts());
}

/** Fails where a comparison found a difference. */
export function expectSame(difference: string | undefined, problem: string): void {
  if (difference !== undefined) throw new ConformanceFailure(problem, { found: difference, wanted: 'no difference' });
}

/**
 * Starts a call and waits for what it comes to. A call of the contract reports errors through its promise: one that
 * throws before it has returned a promise passes by every `.catch` of its caller.
 */
export async function settle<T>(what: string, start: () => Promise<T>): Promise<Outcome<T>> {
  let promise: Promise<T>;
  try {
    promise = start();
  } catch (error) {
    throw new ConformanceFailure(`${what} threw before it returned a promise`, {
      found: describeThrown(error),
      wanted: 'a promise that rejects',
    });
  }
  return watch(promise).outcome;
}

/** The call must reject with the project's error of this code. */
export async function expectTypedError(code: ErrorCode, what: string, start: () => Promise<unknown>): Promise<void> {
  const outcome = await settle(what, start);
  if (outcome.status === 'rejected' && isSpeechTokensError(outcome.reason, code)) return;
  throw new ConformanceFailure(`${what} must be refused with a typed error`, {
    found: outcome.status === 'resolved' ? 'a result' : describeThrown(outcome.reason),
    wanted: `a SpeechTokensError with code ${code}`,
  });
}

/** The call must have rejected with the very value that the caller aborted with. */
export function expectReason(outcome: Outcome<unknown>, reason: unknown, what: string): void {
  if (outcome.status === 'rejected' && outcome.reason === reason) return;
  throw new ConformanceFailure(`${what} must reject with the reason that the caller aborted with`, {
    found: outcome.status === 'resolved' ? 'a result' : `another value: ${describeThrown(outcome.reason)}`,
    wanted: 'signal.reason itself, the same object',
  });
}

/** A thrown value in a few words. */
function describeThrown(value: unknown): string {
  if (isSpeechTokensError(value)) return `a SpeechTokensError with code ${value.code} (${value.message})`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return `a thrown ${typeof value}: ${String(value)}`;
}

/** Lets the event loop turn once, so that other work goes on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/**
 * How many turns of the event loop a call takes; 0 where it is done before the loop turns at all. Work of that kind
 * is over before any abort can reach it.
 */
export async function turnsTaken(start: () => Promise<unknown>): Promise<number> {
  const call = watch(start());
  // A promise that is settled when the call returns reaches its callbacks within a few microtasks, also through a
  // few wrappers; a loop of awaits over the frames of a clip does not.
  for (let i = 0; i < 16; i++) await undefined;
  let turns = 0;
  if (!call.settled) {
    do {
      await nextTurn();
      turns++;
    } while (!call.settled);
  }
  const outcome = await call.outcome;
  if (outcome.status === 'rejected') throw outcome.reason;
  return turns;
}
