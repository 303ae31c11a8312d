import { mergeRepeats, type TokenGrid, type TokenSpace, unflatten } from '@speech-tokens/core';

/** The space that a model made tokens in, before transforms. */
export function spaceOfModel(space: TokenSpace): TokenSpace {
  return canUndo(space) ? spaceOfModel(space.derivedFrom!.tokenSpace) : space;
}

/** The grid before the transforms that were applied to it; the grid itself where there were none. */
export function undoTransforms(grid: TokenGrid): TokenGrid {
  if (!canUndo(grid.tokenSpace)) return grid;
  const isMerged = grid.tokenSpace.derivedFrom?.transform === mergeRepeats.name;
  return undoTransforms(isMerged ? mergeRepeats.invert(grid) : unflatten(grid));
}

function canUndo({ derivedFrom }: TokenSpace): boolean {
  return derivedFrom?.transform === mergeRepeats.name || derivedFrom?.transform === 'flatten';
}
