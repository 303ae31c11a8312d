import type { ColourDepth } from './capabilities.ts';

/** Red, green, blue in [0, 255]. */
export type Rgb = readonly [number, number, number];

/** Writes styled text; without colours it gives the text as it is. */
export interface Painter {
  readonly depth: ColourDepth;
  bold(text: string): string;
  dim(text: string): string;
  /** Text in one of the colours of the interface. */
  accent(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  /** The escape sequence that sets colours of the next characters; empty without colours. */
  sequence(foreground: Rgb | undefined, background: Rgb | undefined): string;
  /** The escape sequence that ends all styles; empty without colours. */
  readonly reset: string;
}

const sequenceStart = '\u001b[';

export function createPainter(depth: ColourDepth): Painter {
  const style =
    (start: string, end: string) =>
    (text: string): string =>
      depth === 1 || text === '' ? text : `${sequenceStart}${start}m${text}${sequenceStart}${end}m`;
  return {
    depth,
    bold: style('1', '22'),
    dim: style('2', '22'),
    accent: style('36', '39'),
    good: style('32', '39'),
    warn: style('33', '39'),
    bad: style('31', '39'),
    sequence(foreground, background) {
      if (depth === 1) return '';
      const codes = [
        ...(foreground === undefined ? [] : colourCodes(foreground, depth, true)),
        ...(background === undefined ? [] : colourCodes(background, depth, false)),
      ];
      return codes.length === 0 ? '' : `${sequenceStart}${codes.join(';')}m`;
    },
    reset: depth === 1 ? '' : `${sequenceStart}0m`,
  };
}

function colourCodes([red, green, blue]: Rgb, depth: ColourDepth, isForeground: boolean): readonly number[] {
  if (depth === 24) return [isForeground ? 38 : 48, 2, red, green, blue];
  if (depth === 8) return [isForeground ? 38 : 48, 5, nearestOf256(red, green, blue)];
  return [nearestOf16(red, green, blue) + (isForeground ? 0 : 10)];
}

/** The colour cube of xterm (16 … 231) or its grey ramp (232 … 255), whichever is nearer. */
function nearestOf256(red: number, green: number, blue: number): number {
  const levels = [0, 95, 135, 175, 215, 255];
  const level = (value: number): number => {
    let best = 0;
    for (let i = 1; i < levels.length; i++) {
      if (Math.abs(levels[i]! - value) < Math.abs(levels[best]! - value)) best = i;
    }
    return best;
  };
  const [r, g, b] = [level(red), level(green), level(blue)];
  const grey = Math.max(0, Math.min(23, Math.round(((red + green + blue) / 3 - 8) / 10)));
  const distance = (x: number, y: number, z: number): number => (x - red) ** 2 + (y - green) ** 2 + (z - blue) ** 2;
  const greyValue = 8 + 10 * grey;
  const isGrey = distance(greyValue, greyValue, greyValue) < distance(levels[r]!, levels[g]!, levels[b]!);
  return isGrey ? 232 + grey : 16 + 36 * r + 6 * g + b;
}

/** One of the eight colours, dark (30 …) or bright (90 …), as a foreground code. */
function nearestOf16(red: number, green: number, blue: number): number {
  const top = Math.max(red, green, blue);
  const bit = (value: number): number => (value > top * 0.6 && top > 40 ? 1 : 0);
  return (top > 170 ? 90 : 30) + bit(red) + 2 * bit(green) + 4 * bit(blue);
}
