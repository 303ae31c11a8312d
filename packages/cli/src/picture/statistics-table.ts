import type { CodebookStatistics, TokenStatistics } from '@speech-tokens/measures';
import type { Painter } from '../terminal/colour.ts';
import { formatBitrate, formatCount, formatRate } from '../terminal/figures.ts';
import { bar } from '../terminal/progress.ts';
import { formatTable } from '../terminal/table.ts';
import { printable } from '../terminal/text-width.ts';

/** What each codebook's tokens look like, a line a codebook and one for all of them. */
export function statisticsTable(statistics: TokenStatistics, unicode: boolean, painter: Painter): readonly string[] {
  const rows = statistics.codebooks.map((codebook) => [
    printable(codebook.name),
    formatCount(codebook.tokenCount),
    formatRate(codebook.tokenRateHz),
    `${formatCount(codebook.usedCodeCount)} of ${formatCount(codebook.size)}`,
    `${codebook.entropyBits.toFixed(2)} of ${Number(Math.log2(codebook.size).toFixed(2))} bit`,
    `${bar(codebook.entropyOfAllCodes, 10, unicode, painter)} ${percent(codebook.entropyOfAllCodes)}`,
    formatBitrate(codebook.nominalBitrateBps),
    formatBitrate(codebook.entropyCodedBitrateBps),
    longestRun(codebook),
  ]);
  if (rows.length > 1) {
    rows.push([
      painter.dim('all'),
      formatCount(statistics.tokenCount),
      formatRate(statistics.tokenRateHz),
      '',
      '',
      '',
      painter.bold(formatBitrate(statistics.nominalBitrateBps)),
      painter.bold(formatBitrate(statistics.entropyCodedBitrateBps)),
    ]);
  }
  return formatTable(
    [
      { title: 'codebook' },
      { title: 'tokens', align: 'right' },
      { title: 'per s', align: 'right' },
      { title: 'codes used', align: 'right' },
      { title: 'entropy', align: 'right' },
      { title: '' },
      { title: 'nominal', align: 'right' },
      { title: 'entropy-coded', align: 'right' },
      { title: 'longest run' },
    ],
    rows,
    painter,
  );
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`.padStart(5);
}

function longestRun({ runs, frameRateHz }: CodebookStatistics): string {
  if (runs === undefined) return '–';
  const { longestFrames, longestId } = runs;
  const seconds = frameRateHz === undefined ? '' : `, ${formatSpan(longestFrames / frameRateHz)}`;
  return `${longestId} × ${longestFrames}${seconds}`;
}

function formatSpan(seconds: number): string {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}
