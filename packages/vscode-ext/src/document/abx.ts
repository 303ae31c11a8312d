import type { SeededRandom } from '@speech-tokens/core';

/** One of the two sounds of a blind test. */
export type AbxSide = 'a' | 'b';

/** A blind test under way: what X is in each trial, drawn at its start, and what was answered so far. Plain data. */
export interface AbxRun {
  readonly xs: readonly AbxSide[];
  readonly answers: readonly AbxSide[];
}

/** Of how many trials a test may be. It is chosen before: stopping at a good moment would make chance look like skill. */
export const abxTrialCounts = [8, 12, 16, 24, 40] as const;

/** In each trial X is A or B with equal chance, whatever it was before: so guessing is right half of the time. */
export function startAbx(random: Pick<SeededRandom, 'nextInteger'>, trialCount: number): AbxRun {
  return { xs: Array.from({ length: trialCount }, () => (random.nextInteger(2) === 0 ? 'a' : 'b')), answers: [] };
}

/** What X is in the trial that waits for an answer; `undefined` after the last one. For the player only. */
export function xOf({ xs, answers }: AbxRun): AbxSide | undefined {
  return xs[answers.length];
}

/** After the last trial nothing changes. */
export function answered(run: AbxRun, answer: AbxSide): AbxRun {
  return xOf(run) === undefined ? run : { ...run, answers: [...run.answers, answer] };
}

export interface AbxScore {
  readonly answerCount: number;
  readonly correctCount: number;
  /** See `chanceOf`. */
  readonly pValue: number;
}

export function scoreOf({ xs, answers }: AbxRun): AbxScore {
  const correctCount = answers.filter((answer, trial) => answer === xs[trial]).length;
  return { answerCount: answers.length, correctCount, pValue: chanceOf(correctCount, answers.length) };
}

/** The chance of at least so many correct answers by guessing: an exact binomial test, one-sided. */
export function chanceOf(correctCount: number, answerCount: number): number {
  // Each term is 2⁻ⁿ · C(n, k), from k = n, where it is least, downwards.
  let term = 2 ** -answerCount;
  let sum = 0;
  for (let k = answerCount; k >= correctCount; k--) {
    sum += term;
    term = (term * k) / (answerCount - k + 1);
  }
  return Math.min(1, sum);
}

/** What was heard in a test. */
export interface AbxSubject {
  readonly fileName: string;
  readonly a: string;
  readonly b: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** By how much B was made louder to match A, in dB; `undefined` where it was not. */
  readonly matchedDb: number | undefined;
}

/** A test and its score, for people; only for a run that has ended, since it says what X was. */
export function abxReport({ fileName, a, b, startSeconds, endSeconds, matchedDb }: AbxSubject, run: AbxRun): string {
  const { answerCount, correctCount, pValue } = scoreOf(run);
  const stopped = answerCount < run.xs.length ? `, stopped before the ${run.xs.length} that were planned` : '';
  const levels =
    matchedDb === undefined ? 'as they are' : `matched: B by ${matchedDb > 0 ? '+' : ''}${matchedDb.toFixed(1)} dB`;
  const trials = run.answers.map((answer, trial) => `${run.xs[trial]!.toUpperCase()}${answer.toUpperCase()}`);
  return [
    `ABX test of ${fileName}, ${startSeconds.toFixed(2)} to ${endSeconds.toFixed(2)} s`,
    `A: ${a}`,
    `B: ${b}`,
    `Levels: ${levels}`,
    `Trials: ${answerCount}${stopped}`,
    `Correct: ${correctCount}`,
    `p = ${pValueText(pValue)} (exact binomial test, one-sided)`,
    `X and answer, trial by trial: ${trials.join(' ')}`,
  ].join('\n');
}

export function pValueText(pValue: number): string {
  return pValue >= 0.001 ? pValue.toFixed(3) : pValue.toExponential(1);
}
