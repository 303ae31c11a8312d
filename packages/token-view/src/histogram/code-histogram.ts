/** How often the codes of a codebook occur: a `CodebookStatistics` of `@speech-tokens/measures` is one. */
export interface CodeUse {
  readonly name: string;
  readonly size: number;
  /** Of the codes that occur: the most frequent first, equal counts by id. */
  readonly codeCounts: readonly { readonly id: number; readonly count: number }[];
}

/** By how often they occur, or by their ids. */
export type HistogramOrder = 'count' | 'id';

export const histogramOrders: readonly HistogramOrder[] = ['count', 'id'];

/** The codes of one column of a picture: all codes have as many columns as there is room for. */
export interface HistogramColumn {
  readonly codeCount: number;
  readonly unusedCodeCount: number;
  /** Of the code that occurs most often. */
  readonly mostCount: number;
}

/** No more columns than codes. */
export function histogramColumns(
  { size, codeCounts }: CodeUse,
  order: HistogramOrder,
  mostColumns: number,
): readonly HistogramColumn[] {
  const columnCount = Math.min(mostColumns, size);
  const firstCode = (column: number): number => Math.ceil((column * size) / columnCount);
  const used = new Array<number>(columnCount).fill(0);
  const most = new Array<number>(columnCount).fill(0);
  for (const [rank, { id, count }] of codeCounts.entries()) {
    const column = Math.floor(((order === 'id' ? id : rank) * columnCount) / size);
    used[column]!++;
    most[column] = Math.max(most[column]!, count);
  }
  return used.map((usedCount, column) => {
    const codeCount = firstCode(column + 1) - firstCode(column);
    return { codeCount, unusedCodeCount: codeCount - usedCount, mostCount: most[column]! };
  });
}

/** The same in words, for who does not see the picture. */
export function histogramText({ name, size, codeCounts }: CodeUse): string {
  const total = codeCounts.reduce((sum, { count }) => sum + count, 0);
  const [most] = codeCounts;
  if (most === undefined) return `${name}: none of its ${size} codes occurs.`;
  const half = codesOfHalf(codeCounts, total);
  const once = codeCounts.filter(({ count }) => count === 1).length;
  return [
    `${name}: ${codeCounts.length} of ${size} codes occur, ${size - codeCounts.length} are unused.`,
    `The most frequent is id ${most.id}, ${times(most.count)} (${((100 * most.count) / total).toFixed(1)} %).`,
    `${half === 1 ? 'One code makes' : `${half} codes make`} up half of all ${total} tokens; ${once} ${once === 1 ? 'occurs' : 'occur'} once.`,
  ].join(' ');
}

/** How many of the most frequent codes it takes for half of all tokens. */
function codesOfHalf(codeCounts: CodeUse['codeCounts'], total: number): number {
  let [sum, codes] = [0, 0];
  for (const { count } of codeCounts) {
    if (2 * sum >= total) break;
    sum += count;
    codes++;
  }
  return codes;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
