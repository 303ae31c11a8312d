import { type CodeUse, type HistogramOrder, histogramColumns } from './code-histogram.ts';

/**
 * A histogram as the parts of an SVG picture, whose colours are in `tokenViewCss`: bars of the codes that occur, and under
 * the line, marks of those that do not, as high as their share of a column.
 */
export interface HistogramPicture {
  readonly viewBox: string;
  /** Path data. */
  readonly used: string;
  readonly unused: string;
  /** What is drawn; `histogramText` says what can be seen. */
  readonly label: string;
}

const columnCount = 256;
const barHeight = 48;
const markHeight = 7;

/** The classes of a picture's element and of its paths. */
export const histogramClass = 'token-view-histogram';
export const usedClass = 'token-view-used';
export const unusedClass = 'token-view-unused';

export function histogramPicture(use: CodeUse, order: HistogramOrder): HistogramPicture {
  const columns = histogramColumns(use, order, columnCount);
  const most = use.codeCounts[0]?.count ?? 1;
  const bar = (x: number, y: number, height: number): string => `M${x} ${y}h1v${Number(height.toFixed(2))}h-1z`;
  let [used, unused] = ['', ''];
  for (const [x, { codeCount, unusedCodeCount, mostCount }] of columns.entries()) {
    // What occurs at all can be seen.
    const height = mostCount === 0 ? 0 : Math.max(1, (barHeight * mostCount) / most);
    if (height > 0) used += bar(x, barHeight, -height);
    if (unusedCodeCount > 0) unused += bar(x, barHeight + 1, (markHeight * unusedCodeCount) / codeCount);
  }
  return {
    viewBox: `0 0 ${Math.max(1, columns.length)} ${barHeight + 1 + markHeight}`,
    used,
    unused,
    label: `${use.name}, codes ${order === 'id' ? 'by id' : 'sorted by count'}`,
  };
}
