import { type TokenGrid, validateTokenGrid } from '@speech-tokens/core';
import { type FlatLayout, flatPattern } from './flat-layout.ts';
import { invalidIds } from './layout-error.ts';
import { codeAt, patternCountOf } from './slot-pattern.ts';

/**
 * The ids of a grid in a flat layout. Grids of a stream that follow each other give ids that follow each other. A grid
 * may have more codebooks than the layout; its first are taken. Where audio ends within a pattern, the slots that the
 * grid does not have are left out.
 * @throws SpeechTokensError `token-grid-invalid` also where such slots are not the last of the pattern: a sequence
 * cannot say so
 * @throws SpeechTokensError `token-space-mismatch`, `argument-invalid`
 */
export function flatIds(layout: FlatLayout, grid: TokenGrid): Uint32Array {
  const pattern = flatPattern(layout);
  validateTokenGrid(grid, { tokenSpace: layout.tokenSpace });
  const { slots, codebookCount } = pattern;
  if (grid.tracks.length < codebookCount) {
    throw invalidIds('The grid has too few codebooks', String(grid.tracks.length), `at least ${codebookCount}`);
  }
  const patternCount = patternCountOf(pattern, grid);
  const ids = new Uint32Array(patternCount * slots.length);
  let length = 0;
  for (let index = 0; index < patternCount; index++) {
    for (const [slotIndex, slot] of slots.entries()) {
      const code = codeAt(pattern, grid, index, slot);
      if (code === undefined) continue;
      if (length !== index * slots.length + slotIndex) {
        throw invalidIds(
          'The grid ends within a pattern of the layout',
          `slot ${slotIndex} without one before it`,
          'an end after which no slot of the last pattern comes',
        );
      }
      ids[length++] = code + slot.idOffset;
    }
  }
  return ids.slice(0, length);
}
