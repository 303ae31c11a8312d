import type { TokenStatistics } from '@speech-tokens/measures';
import type { StatisticsTable } from './facts.ts';

/** Figures of a file's tokens, one row a codebook. */
export function statisticsTable({ codebooks }: TokenStatistics): StatisticsTable {
  return {
    heads: [
      'codebook',
      'tokens',
      'tokens/s',
      'codes used',
      'unused',
      'entropy, bits',
      'of all codes',
      'of used codes',
      'mean run, frames',
      'longest run',
      'most frequent id',
    ],
    rows: codebooks.map((codebook) => {
      const [most] = codebook.codeCounts;
      return [
        codebook.name,
        String(codebook.tokenCount),
        codebook.tokenRateHz?.toFixed(1) ?? '',
        `${codebook.usedCodeCount} of ${codebook.size}`,
        String(codebook.unusedCodeCount),
        codebook.entropyBits.toFixed(2),
        codebook.entropyOfAllCodes.toFixed(2),
        codebook.entropyOfUsedCodes.toFixed(2),
        codebook.runs?.meanFrames.toFixed(2) ?? '',
        codebook.runs === undefined ? '' : `${codebook.runs.longestFrames} × id ${codebook.runs.longestId}`,
        most === undefined ? '' : `${most.id} (${most.count} times)`,
      ];
    }),
  };
}
