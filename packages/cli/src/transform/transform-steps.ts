import {
  applyTransforms,
  bytePair,
  flatten,
  mergeRepeats,
  SpeechTokensError,
  type TokenGrid,
  takeCodebooks,
  timeOrderedLayout,
} from '@speech-tokens/core';
import type { StepOptions } from '../commands/command-options.ts';
import type { BpeFile } from './bpe-file.ts';

/**
 * The first codebooks, flattened, and with repeats merged, as far as that was asked for.
 * @throws SpeechTokensError `argument-invalid` for tokens that a step cannot take
 */
export function applySteps(grid: TokenGrid, options: StepOptions): TokenGrid {
  let units = options.codebooks === undefined ? grid : takeCodebooks(grid, options.codebooks);
  if (options.flatten === true) {
    const layout = { codebookCount: units.tracks.length, idOffsets: options.idOffsets };
    units = flatten(timeOrderedLayout(units.tokenSpace, layout)).apply(units);
  }
  return options.mergeRepeats === true ? mergeRepeats.apply(units) : units;
}

/**
 * Writes units as byte pairs; where the file says what its units are made of, those transforms are applied first.
 * @throws SpeechTokensError `argument-invalid`, `token-space-mismatch`
 */
export function applyBpe(grid: TokenGrid, file: BpeFile): TokenGrid {
  const units = file.tokenSpace === undefined ? grid : applyTransforms(grid, file.tokenSpace);
  return bytePair(file.coderFor(unitCountOf(units))).apply(units);
}

/**
 * Ids of the one codebook that byte pairs are made in.
 * @throws SpeechTokensError `argument-invalid` where there are several
 */
export function unitCountOf({ tokenSpace }: TokenGrid): number {
  const [codebook, ...others] = tokenSpace.codebooks;
  if (others.length === 0) return codebook!.size;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'Byte pairs are made in one stream of ids',
    found: `${tokenSpace.codebooks.length} codebooks (${tokenSpace.id})`,
    wanted: '1',
    remedy: 'Add --flatten to write them as one stream; with --codebooks 1 it is the first one alone',
    details: { argument: 'codebooks' },
  });
}
