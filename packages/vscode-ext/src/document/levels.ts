import type { Sound } from '@speech-tokens/token-view';

/**
 * Factors that make sounds as loud as a reference: the root of the mean square over the part that both have. Where one of them
 * would clip, all become quieter by as much as it takes, the reference too, so that they stay equally loud.
 */
export function matchedLevels(
  reference: Sound,
  sounds: readonly Sound[],
): { readonly reference: number; readonly sounds: readonly number[] } {
  const wanted = sounds.map((sound) => {
    const seconds = Math.min(secondsOf(reference), secondsOf(sound));
    const [own, other] = [loudnessOf(sound, seconds), loudnessOf(reference, seconds)];
    return own > 0 && other > 0 ? other / own : 1;
  });
  const peaks = [peakOf(reference), ...sounds.map((sound, i) => wanted[i]! * peakOf(sound))];
  const common = 1 / Math.max(1, ...peaks);
  return { reference: common, sounds: wanted.map((level) => level * common) };
}

export function secondsOf({ sampleRateHz, channels }: Sound): number {
  return (channels[0]?.length ?? 0) / sampleRateHz;
}

/** The root of the mean square of all channels. */
function loudnessOf({ sampleRateHz, channels }: Sound, seconds: number): number {
  const count = Math.round(seconds * sampleRateHz);
  let sum = 0;
  for (const samples of channels) for (const value of samples.subarray(0, count)) sum += value * value;
  return Math.sqrt(sum / Math.max(1, count * channels.length));
}

function peakOf({ channels }: Sound): number {
  let most = 0;
  for (const samples of channels) for (const value of samples) most = Math.max(most, Math.abs(value));
  return most;
}
