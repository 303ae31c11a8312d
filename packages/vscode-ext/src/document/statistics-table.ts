import type { TokenStatistics } from '@speech-tokens/measures';
import { t } from '../texts/index.ts';
import type { StatisticsTable } from './facts.ts';

/** Figures of a file's tokens, one row a codebook. */
export function statisticsTable({ codebooks }: TokenStatistics): StatisticsTable {
  return {
    heads: [
      t('codebook'),
      t('tokens'),
      t('tokens/s'),
      t('codes used'),
      t('unused'),
      t('entropy, bits'),
      t('of all codes'),
      t('of used codes'),
      t('mean run, frames'),
      t('longest run'),
      t('most frequent id'),
    ],
    rows: codebooks.map((codebook) => {
      const [most] = codebook.codeCounts;
      return [
        codebook.name,
        String(codebook.tokenCount),
        codebook.tokenRateHz?.toFixed(1) ?? '',
        t('{0} of {1}', codebook.usedCodeCount, codebook.size),
        String(codebook.unusedCodeCount),
        codebook.entropyBits.toFixed(2),
        codebook.entropyOfAllCodes.toFixed(2),
        codebook.entropyOfUsedCodes.toFixed(2),
        codebook.runs?.meanFrames.toFixed(2) ?? '',
        codebook.runs === undefined ? '' : t('{0} × id {1}', codebook.runs.longestFrames, codebook.runs.longestId),
        most === undefined ? '' : t('{0} ({1} times)', most.id, most.count),
      ];
    }),
  };
}
