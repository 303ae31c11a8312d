import type { CodebookStatistics, TokenStatistics } from '@speech-tokens/measures';
import type { Capabilities } from '../terminal/capabilities.ts';
import type { Painter } from '../terminal/colour.ts';
import { formatBitrate, formatCount, formatRate } from '../terminal/figures.ts';
import { bar } from '../terminal/progress.ts';
import { formatTable } from '../terminal/table.ts';
import { printable } from '../terminal/text-width.ts';

/** What each codebook's tokens look like, a line a codebook and one for all of them. */
export function statisticsTable(
  statistics: TokenStatistics,
  { unicode, width }: Capabilities,
  painter: Painter,
): readonly string[] {
  const rows = statistics.codebooks.map((codebook) => [
    printable(codebook.name),
    formatCount(codebook.tokenCount),
    formatRate(codebook.tokenRateHz),
    `${formatCount(codebook.usedCodeCount)} of ${formatCount(codebook.size)}`,
    `${codebook.entropyBits.toFixed(2)} of ${Number(Math.log2(codebook.size).toFixed(1))} bit`,
    bar(codebook.entropyOfAllCodes, 8, unicode, painter),
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
      { title: 'tokens', align: 'right', dropOrder: 1 },
      { title: 'per s', align: 'right', dropOrder: 2 },
      { title: 'codes used', align: 'right', dropOrder: 6 },
      { title: 'entropy', align: 'right' },
      { title: '', dropOrder: 4 },
      { title: 'nominal', align: 'right', dropOrder: 5 },
      { title: 'entropy-coded', align: 'right' },
      { title: 'longest run', dropOrder: 3 },
    ],
    rows,
    painter,
    width,
  );
}

function longestRun({ runs, frameRateHz }: CodebookStatistics): string {
  if (runs === undefined || runs.longestFrames === 1) return '–';
  const { longestFrames, longestId } = runs;
  const span = frameRateHz === undefined ? '' : ` (${formatSpan(longestFrames / frameRateHz)})`;
  return `${longestFrames} × ${longestId}${span}`;
}

function formatSpan(seconds: number): string {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}
