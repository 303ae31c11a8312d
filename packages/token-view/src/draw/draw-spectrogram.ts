import { heatColour } from '../colours/colours.ts';
import { binsOfRows, type FrequencyScale } from '../spectrogram/frequency-scale.ts';
import type { Spectrogram } from '../spectrogram/spectrogram.ts';
import { type Surface, sampleOf } from './surface.ts';

const heat: readonly (readonly [number, number, number])[] = Array.from({ length: 256 }, (_, level) =>
  heatColour(level / 255),
);

/** Loudness over time and frequency, low frequencies at the bottom. */
export function drawSpectrogram(surface: Surface, spectrogram: Spectrogram, scale: FrequencyScale): void {
  const { context, width, height } = surface;
  const { levels, binCount, hopSamples, firstSample, sampleCount, sampleRateHz } = spectrogram;
  const [columns, rows] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  const bins = binsOfRows(rows, binCount, scale, sampleRateHz);
  const image = context.createImageData(columns, rows);
  const columnCount = levels.length / binCount;
  for (let x = 0; x < columns; x++) {
    const from = sampleOf({ range: surface.range, width: columns }, x) - firstSample;
    const to = sampleOf({ range: surface.range, width: columns }, x + 1) - firstSample;
    if (to <= 0 || from >= sampleCount) continue;
    const first = Math.max(0, Math.min(columnCount - 1, Math.floor(from / hopSamples)));
    // Of many columns in a pixel, a few are looked at: neighbours are alike.
    const end = Math.min(columnCount, Math.max(first + 1, Math.ceil(to / hopSamples)));
    const step = Math.max(1, Math.floor((end - first) / 4));
    for (let y = 0; y < rows; y++) {
      const [low, high] = bins[y]!;
      let level = 0;
      for (let column = first; column < end; column += step) {
        for (let bin = low; bin < high; bin++) level = Math.max(level, levels[column * binCount + bin]!);
      }
      const [red, green, blue] = heat[level]!;
      const at = 4 * (y * columns + x);
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255;
    }
  }
  // Put at its own size and stretched by the context's scale: `putImageData` itself knows no scale.
  const still = new OffscreenCanvas(columns, rows);
  still.getContext('2d')!.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(still, 0, 0, width, height);
}
