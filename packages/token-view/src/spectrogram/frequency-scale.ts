/** How frequencies lie along the height of a spectrogram. */
export type FrequencyScale = 'linear' | 'mel' | 'log';

export const frequencyScales: readonly FrequencyScale[] = ['mel', 'linear', 'log'];

/** The lowest frequency that a logarithmic scale shows. */
const lowestLogHz = 50;

/** The frequency at a height from 0 (bottom) to 1 (top, half the sample rate). Mel as in HTK: 2595 · log₁₀(1 + f / 700). */
export function frequencyAt(height: number, scale: FrequencyScale, sampleRateHz: number): number {
  const top = sampleRateHz / 2;
  if (scale === 'linear') return height * top;
  if (scale === 'log') return lowestLogHz * (top / lowestLogHz) ** height;
  return 700 * ((1 + top / 700) ** height - 1);
}

/** Which bins a row of pixels shows: from the first to before the second. Row 0 is on top. */
export function binsOfRows(
  rowCount: number,
  binCount: number,
  scale: FrequencyScale,
  sampleRateHz: number,
): readonly (readonly [number, number])[] {
  const binAt = (height: number): number => (frequencyAt(height, scale, sampleRateHz) / (sampleRateHz / 2)) * binCount;
  return Array.from({ length: rowCount }, (_, row) => {
    const first = Math.min(binCount - 1, Math.floor(binAt(1 - (row + 1) / rowCount)));
    return [first, Math.min(binCount, Math.max(first + 1, Math.ceil(binAt(1 - row / rowCount))))] as const;
  });
}
