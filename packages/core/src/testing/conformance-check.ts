import type { SeededRandom } from '../random/seeded-random.ts';

/** One promise of the contract, and how to see that an implementation keeps it. Plain data beside two functions. */
export interface ConformanceCheck<Subject> {
  /** Stable, for example `tokenizer-stream/latency`. */
  readonly id: string;
  /** What is promised, as a sentence for people. */
  readonly title: string;
  /** `true`, or why there is nothing to check; it follows from what the implementation itself declares. */
  appliesTo(subject: Subject): true | string | Promise<true | string>;
  /** @throws ConformanceFailure when the promise is broken; anything else thrown counts as a failure as well */
  run(subject: Subject, context: CheckContext): Promise<void>;
}

export interface CheckContext {
  /** Owned by this check: the same for the same seed and check, whatever ran before. */
  readonly random: SeededRandom;
}

/** A promise of the contract that an implementation does not keep. */
export class ConformanceFailure extends Error {
  readonly found: string;
  readonly wanted: string;

  constructor(problem: string, { found, wanted }: { readonly found: string; readonly wanted: string }) {
    super(`${problem}: found ${found}, wanted ${wanted}.`);
    this.name = 'ConformanceFailure';
    this.found = found;
    this.wanted = wanted;
  }
}

/** Where a check applies to every subject of its kind. */
export function always(): true {
  return true;
}
