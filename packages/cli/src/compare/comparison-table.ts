import type { Painter } from '../terminal/colour.ts';
import { formatBitrate, formatSpeed } from '../terminal/figures.ts';
import { formatTable } from '../terminal/table.ts';
import { printable } from '../terminal/text-width.ts';
import type { ComparedVariant } from './compare-tokenizers.ts';

type Figure = 'siSdrDb' | 'logMelCorrelation' | 'logMelDistanceDb';

/** One line a variant; the best of each quality figure stands out. */
export function comparisonTable(
  variants: readonly ComparedVariant[],
  maximumWidth: number,
  painter: Painter,
): readonly string[] {
  const best = (figure: Figure, isHigherBetter: boolean): number | undefined => {
    const values = variants.map((variant) => variant[figure]).filter((value) => value !== undefined);
    if (values.length < 2) return undefined;
    return isHigherBetter ? Math.max(...values) : Math.min(...values);
  };
  const bests: Record<Figure, number | undefined> = {
    siSdrDb: best('siSdrDb', true),
    logMelCorrelation: best('logMelCorrelation', true),
    logMelDistanceDb: best('logMelDistanceDb', false),
  };
  const quality = (variant: ComparedVariant, figure: Figure, format: (value: number) => string): string => {
    const value = variant[figure];
    if (value === undefined) return '–';
    return value === bests[figure] ? painter.bold(painter.good(format(value))) : format(value);
  };
  const decibels = (value: number): string => `${value.toFixed(2)} dB`;
  return formatTable(
    [
      { title: 'tokenizer' },
      { title: 'codebooks', align: 'right' },
      { title: 'bitrate', align: 'right' },
      { title: 'entropy-coded', align: 'right', dropOrder: 1 },
      { title: 'SI-SDR ↑', align: 'right' },
      { title: 'log-mel r ↑', align: 'right' },
      { title: 'log-mel dist. ↓', align: 'right' },
      { title: 'encode', align: 'right', dropOrder: 2 },
      { title: 'decode', align: 'right', dropOrder: 2 },
    ],
    variants.map((variant) => [
      printable(variant.tokenizer),
      String(variant.codebookCount),
      formatBitrate(variant.nominalBitrateBps),
      formatBitrate(variant.entropyCodedBitrateBps),
      quality(variant, 'siSdrDb', decibels),
      quality(variant, 'logMelCorrelation', (value) => value.toFixed(3)),
      quality(variant, 'logMelDistanceDb', decibels),
      formatSpeed(variant.encodeTimesRealTime),
      formatSpeed(variant.decodeTimesRealTime),
    ]),
    painter,
    maximumWidth,
  );
}
