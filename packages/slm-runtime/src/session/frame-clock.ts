import { SpeechTokensError } from '@speech-tokens/core';

/**
 * The clock of a model: how steps and samples of any rate lie on one time axis. All in integers, so that nothing drifts:
 * each answer is computed from the count itself, never from the answer before.
 */
export interface FrameClock {
  /**
   * Samples at a rate that lie before the start of a step: rounded down, so that what is made in pieces adds up.
   * @param step from 0; steps and samples up to 2^53 - 1
   */
  samplesBefore(step: number, rateHz: number): number;
  /** Steps that lie wholly within the first `samples` at a rate: played to their end, or captured to their end. */
  wholeSteps(samples: number, rateHz: number): number;
  /** Steps that the first `samples` reach into: begun. What was heard of the last one may be a single sample. */
  begunSteps(samples: number, rateHz: number): number;
  /** Samples at one rate that lie before a sample at another, rounded down. */
  convertSamples(samples: number, fromRateHz: number, toRateHz: number): number;
}

/**
 * @param stepSamples what one step of the model spans, at `sampleRateHz`: 1920 at 24000 Hz for 12.5 steps a second
 * @throws SpeechTokensError `argument-invalid` here, and in every call, for what is no count
 */
export function createFrameClock(stepSamples: number, sampleRateHz: number): FrameClock {
  checkCount('stepSamples', stepSamples, 1);
  checkCount('sampleRateHz', sampleRateHz, 1);
  return {
    samplesBefore(step, rateHz) {
      checkCount('rateHz', rateHz, 1);
      return scaled('step', step, BigInt(stepSamples) * BigInt(rateHz), sampleRateHz);
    },
    wholeSteps(samples, rateHz) {
      checkCount('rateHz', rateHz, 1);
      // A step of s is within n samples where ⌈s · stepSamples · rate / sampleRate⌉ ≤ n.
      return scaled('samples', samples, BigInt(sampleRateHz), BigInt(stepSamples) * BigInt(rateHz));
    },
    begunSteps(samples, rateHz) {
      checkCount('rateHz', rateHz, 1);
      return scaled('samples', samples, BigInt(sampleRateHz), BigInt(stepSamples) * BigInt(rateHz), 'up');
    },
    convertSamples(samples, fromRateHz, toRateHz) {
      checkCount('fromRateHz', fromRateHz, 1);
      checkCount('toRateHz', toRateHz, 1);
      return scaled('samples', samples, BigInt(toRateHz), fromRateHz);
    },
  };
}

/** count · times / by, rounded; the product may need more bits than a number has. */
function scaled(
  name: string,
  count: number,
  times: bigint,
  by: number | bigint,
  direction: 'down' | 'up' = 'down',
): number {
  checkCount(name, count, 0);
  const divisor = BigInt(by);
  const quotient = (BigInt(count) * times + (direction === 'up' ? divisor - 1n : 0n)) / divisor;
  const result = Number(quotient);
  checkCount(name, result, 0);
  return result;
}

function checkCount(argument: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: `A clock counts in whole numbers, ${argument} is none`,
    found: String(value),
    wanted: `an integer from ${least}, below 2^53`,
    remedy: 'Count samples and steps, and convert with this clock',
    details: { argument },
  });
}
