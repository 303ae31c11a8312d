import { heatColour } from '@speech-tokens/token-view';
import type { Painter, Rgb } from '../terminal/colour.ts';
import type { SoundOutline } from './sound-outline.ts';
import type { TimeWindow } from './time-window.ts';

export interface DrawSettings {
  /** Columns of the drawing itself, without labels. */
  readonly columns: number;
  readonly painter: Painter;
  readonly unicode: boolean;
}

/** Bits of a braille character, by row (top to bottom) and column. Source: Unicode, block "Braille Patterns". */
const brailleBits: readonly (readonly [number, number])[] = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

/** Colours of the rows from the middle outwards. */
const innerColour: Rgb = [94, 196, 214];
const outerColour: Rgb = [120, 132, 226];

/** The outline of the sound, `rows` lines high; its loudest place fills them. */
export function drawWaveform(
  outline: SoundOutline,
  window: TimeWindow,
  rows: number,
  { columns, painter, unicode }: DrawSettings,
): readonly string[] {
  const [dotColumns, dotRows] = unicode ? [2 * columns, 4 * rows] : [columns, rows];
  const slotSeconds = (window.endSeconds - window.startSeconds) / dotColumns;
  const scale = outline.peak() > 0 ? 1 / outline.peak() : 0;
  const spans = Array.from({ length: dotColumns }, (_, i) => {
    const start = window.startSeconds + i * slotSeconds;
    const extremes = outline.extremes(start, start + slotSeconds);
    if (extremes === undefined) return undefined;
    const toDot = (value: number): number => ((1 - value * scale) / 2) * (dotRows - 1);
    // Rounded away from the middle, so that the quietest sound is still one dot thick on each side of it.
    return [Math.floor(toDot(extremes[1])), Math.ceil(toDot(extremes[0]))] as const;
  });
  const isLit = (column: number, dot: number): boolean => {
    const span = spans[column];
    return span !== undefined && dot >= span[0] && dot <= span[1];
  };

  return Array.from({ length: rows }, (_, row) => {
    let line = '';
    for (let column = 0; column < columns; column++) {
      if (!unicode) {
        line += isLit(column, row) ? '#' : ' ';
        continue;
      }
      let bits = 0;
      for (let y = 0; y < 4; y++) {
        for (let x = 0; x < 2; x++) if (isLit(2 * column + x, 4 * row + y)) bits |= brailleBits[y]![x]!;
      }
      line += bits === 0 ? ' ' : String.fromCodePoint(0x2800 + bits);
    }
    const outward = rows === 1 ? 0 : Math.abs((2 * row) / (rows - 1) - 1);
    const mix = (i: 0 | 1 | 2): number => Math.round(innerColour[i] + (outerColour[i] - innerColour[i]) * outward);
    return `${painter.sequence([mix(0), mix(1), mix(2)], undefined)}${line.trimEnd()}${painter.reset}`;
  });
}

/** Loudness over frequency, low at the bottom, two bands a line. Needs colours and block characters. */
export function drawSpectrogram(
  outline: SoundOutline,
  window: TimeWindow,
  { columns, painter }: DrawSettings,
): readonly string[] {
  const slotSeconds = (window.endSeconds - window.startSeconds) / columns;
  const slots = Array.from({ length: columns }, (_, i) => {
    const start = window.startSeconds + i * slotSeconds;
    return outline.bands(start, start + slotSeconds);
  });
  let loudest = Number.NEGATIVE_INFINITY;
  for (const slot of slots) for (const value of slot ?? []) loudest = Math.max(loudest, value);
  // 55 dB below the loudest is black.
  const range = (55 / 10) * Math.LN10;
  const colourOf = (value: number): Rgb => heatColour(1 + (value - loudest) / range);
  const lines: string[] = [];
  for (let band = outline.bandCount - 1; band > 0; band -= 2) {
    let line = '';
    for (const slot of slots) {
      line +=
        slot === undefined
          ? `${painter.reset} `
          : `${painter.sequence(colourOf(slot[band]!), colourOf(slot[band - 1]!))}▀`;
    }
    lines.push(`${line}${painter.reset}`);
  }
  return lines;
}
