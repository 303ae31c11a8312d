import type { Painter } from './colour.ts';
import { padEnd, padStart, textWidth } from './text-width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Lines of a table: a dim head, then a line a row; columns two spaces apart and as wide as their widest cell. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  painter: Painter,
): readonly string[] {
  const widths = columns.map(({ title }, i) => Math.max(textWidth(title), ...rows.map((row) => textWidth(row[i] ?? ''))));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => (align === 'right' ? padStart : padEnd)(cells[i] ?? '', widths[i]!))
      .join('  ')
      .trimEnd();
  return [painter.dim(line(columns.map(({ title }) => title))), ...rows.map(line)];
}

/** `label  value` lines with the values under each other. */
export function formatPairs(pairs: readonly (readonly [string, string])[], painter: Painter): readonly string[] {
  const width = Math.max(0, ...pairs.map(([label]) => textWidth(label)));
  return pairs.map(([label, value]) => `${painter.dim(padEnd(label, width))}  ${value}`);
}
