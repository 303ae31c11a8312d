import { heatColour } from '../colours/colours.ts';
import { binsOfRows, type FrequencyScale } from '../spectrogram/frequency-scale.ts';
import type { Spectrogram } from '../spectrogram/spectrogram.ts';
import { drawImage } from './draw-image.ts';
import { pixelOf, type Surface, sampleOf } from './surface.ts';

/** `0xAABBGGRR` for each level, as the values of an image in memory. */
const heat = Uint32Array.from({ length: 256 }, (_, level) => {
  const [red, green, blue] = heatColour(level / 255);
  return red + green * 0x100 + blue * 0x10000 + 255 * 0x1000000;
});

/** Loudness over time and frequency, low frequencies at the bottom; where the spectrogram covers what is shown. */
export function drawSpectrogram(surface: Surface, spectrogram: Spectrogram, scale: FrequencyScale): void {
  const { context, width, height, range } = surface;
  const { levels, binCount, hopSamples, firstSample, sampleCount, sampleRateHz } = spectrogram;
  const [allColumns, rows] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  const across = { range, width: allColumns };
  const left = Math.max(0, Math.floor(pixelOf(across, firstSample)));
  const columns = Math.min(allColumns, Math.ceil(pixelOf(across, firstSample + sampleCount))) - left;
  if (columns <= 0) return;
  const bins = binsOfRows(rows, binCount, scale, sampleRateHz);
  const columnCount = levels.length / binCount;
  const cssPixels = width / allColumns;
  const place = { left: left * cssPixels, width: columns * cssPixels, height };
  drawImage(context, columns, rows, place, (pixels, stride) => {
    for (let x = 0; x < columns; x++) {
      const from = sampleOf(across, left + x) - firstSample;
      const to = sampleOf(across, left + x + 1) - firstSample;
      // A column that lies in it by half or more.
      if (from + to <= 0 || from + to >= 2 * sampleCount) continue;
      const first = Math.max(0, Math.min(columnCount - 1, Math.floor(from / hopSamples)));
      // Of many columns in a pixel, a few are looked at: neighbours are alike.
      const end = Math.min(columnCount, Math.max(first + 1, Math.ceil(to / hopSamples)));
      const step = Math.max(1, Math.floor((end - first) / 4));
      for (let y = 0; y < rows; y++) {
        const [low, high] = bins[y]!;
        let level = 0;
        for (let column = first; column < end; column += step) {
          const last = column * binCount + high;
          for (let at = column * binCount + low; at < last; at++) if (levels[at]! > level) level = levels[at]!;
        }
        pixels[y * stride + x] = heat[level]!;
      }
    }
  });
}
