import { heatColour } from '../colours/colours.ts';
import type { FrequencyScale } from '../spectrogram/frequency-scale.ts';
import { rowLevelsOf } from '../spectrogram/row-levels.ts';
import type { Spectrogram } from '../spectrogram/spectrogram.ts';
import { type PixelImage, type Surface, sampleOf } from './surface.ts';

/** `0xAABBGGRR` for each level, as the values of an image in memory. */
const heat = Uint32Array.from({ length: 256 }, (_, level) => {
  const [red, green, blue] = heatColour(level / 255);
  return red + green * 0x100 + blue * 0x10000 + 255 * 0x1000000;
});

/**
 * Loudness over time and frequency, low frequencies at the bottom; where spectrograms cover what is shown.
 * @param parts where several cover a place, the last one is shown
 */
export function drawSpectrograms(surface: Surface, parts: readonly Spectrogram[], scale: FrequencyScale): void {
  surface.putPixels((image) => {
    const { width } = image;
    const across = { range: surface.range, width };
    /** The one in which the middle of a column of pixels lies. */
    const partAt = (x: number): Spectrogram | undefined => {
      const middle = sampleOf(across, x + 0.5);
      return parts.findLast(
        ({ firstSample, sampleCount }) => middle > firstSample && middle < firstSample + sampleCount,
      );
    };
    for (let x = 0; x < width; ) {
      const part = partAt(x);
      let end = x + 1;
      while (end < width && partAt(end) === part) end++;
      if (part !== undefined) paintPart(image, part, scale, { first: x, end, sampleAt: (at) => sampleOf(across, at) });
      x = end;
    }
  });
}

/** Columns of pixels. */
interface PixelColumns {
  readonly first: number;
  readonly end: number;
  sampleAt(x: number): number;
}

/** For each column of pixels the first and the last column of levels, and the step between those that are looked at. */
let seen = new Int32Array(0);

function paintPart(
  { width, height, pixels }: PixelImage,
  part: Spectrogram,
  scale: FrequencyScale,
  columns: PixelColumns,
): void {
  const { levels, columnCount } = rowLevelsOf(part, height, scale);
  const { firstSample, hopSamples } = part;
  if (seen.length < 3 * width) seen = new Int32Array(3 * width);
  for (let x = columns.first; x < columns.end; x++) {
    const [from, to] = [columns.sampleAt(x) - firstSample, columns.sampleAt(x + 1) - firstSample];
    const first = Math.max(0, Math.min(columnCount - 1, Math.floor(from / hopSamples)));
    const end = Math.min(columnCount, Math.max(first + 1, Math.ceil(to / hopSamples)));
    seen[3 * x] = first;
    seen[3 * x + 1] = end;
    // Of many columns in a pixel, a few are looked at: neighbours are alike.
    seen[3 * x + 2] = Math.max(1, Math.floor((end - first) / 4));
  }
  for (let y = 0; y < height; y++) {
    const row = y * columnCount;
    for (let x = columns.first; x < columns.end; x++) {
      const end = row + seen[3 * x + 1]!;
      const step = seen[3 * x + 2]!;
      let level = 0;
      for (let at = row + seen[3 * x]!; at < end; at += step) if (levels[at]! > level) level = levels[at]!;
      pixels[y * width + x] = heat[level]!;
    }
  }
}
