import type { ConfigReader } from '../../checkpoint/config-reader.ts';

/** The pulses of a source: the range of their pitch, and their shape. */
export interface ExcitationConfig {
  readonly lowestHz: number;
  readonly highestHz: number;
  /** Of the Gaussian that a pulse is. */
  readonly pulseDeviationSamples: number;
  /** Parts of a cycle in whose numbers phases are counted; a power of two. */
  readonly cycleSteps: number;
}

/**
 * The entry `field` of a configuration, with the names that tools/train/codec/source_filter.py writes.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field
 */
export function readExcitationConfig({ integer, number, fail }: ConfigReader, field: string): ExcitationConfig {
  const positive = (name: string): number => {
    const value = number(`${field}.${name}`);
    return value > 0 ? value : fail(`${field}.${name}`, String(value), 'a number above 0');
  };
  const lowestHz = positive('lowest_hz');
  const highestHz = positive('highest_hz');
  if (highestHz <= lowestHz || highestHz > 2_000) {
    fail(`${field}.highest_hz`, String(highestHz), `above ${lowestHz}, at most 2000`);
  }
  // Sums of the phases of a run have to stay exact.
  const cycleSteps = integer(`${field}.cycle_steps`, 2 ** 18);
  if (!Number.isInteger(Math.log2(cycleSteps))) fail(`${field}.cycle_steps`, String(cycleSteps), 'a power of two');
  return { lowestHz, highestHz, pulseDeviationSamples: positive('pulse_deviation_samples'), cycleSteps };
}
