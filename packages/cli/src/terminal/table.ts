import type { Painter } from './colour.ts';
import { padEnd, padStart, textWidth } from './text-width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Columns that have one are left out where the table would be too wide, the lowest first. */
  readonly dropOrder?: number;
}

const gap = '  ';

/** Lines of a table: a dim head, then a line a row; columns two spaces apart and as wide as their widest cell. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  painter: Painter,
  maximumWidth: number = Number.POSITIVE_INFINITY,
): readonly string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[i] ?? ''))),
  );
  let shown = columns.map((_, i) => i);
  const widthOf = (indices: readonly number[]): number =>
    indices.reduce((total, i) => total + widths[i]! + gap.length, -gap.length);
  for (;;) {
    if (widthOf(shown) <= maximumWidth) break;
    const orders = shown.map((i) => columns[i]!.dropOrder ?? Number.POSITIVE_INFINITY);
    const lowest = Math.min(...orders);
    if (lowest === Number.POSITIVE_INFINITY) break;
    shown = shown.filter((i) => columns[i]!.dropOrder !== lowest);
  }
  const line = (cells: readonly string[]): string =>
    shown
      .map((i) => (columns[i]!.align === 'right' ? padStart : padEnd)(cells[i] ?? '', widths[i]!))
      .join(gap)
      .trimEnd();
  return [painter.dim(line(columns.map(({ title }) => title))), ...rows.map(line)];
}

/** `label  value` lines with the values under each other. */
export function formatPairs(pairs: readonly (readonly [string, string])[], painter: Painter): readonly string[] {
  const width = Math.max(0, ...pairs.map(([label]) => textWidth(label)));
  return pairs.map(([label, value]) => `${painter.dim(padEnd(label, width))}  ${value}`);
}
