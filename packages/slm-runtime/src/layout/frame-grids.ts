import { type TokenGrid, validateTokenGrid } from '@speech-tokens/core';
import { checkFrameLayout, type FrameLayout, noId } from './frame-layout.ts';
import { invalidIds, invalidLayout } from './layout-error.ts';
import { codeAt, gridOfCodes, patternCountOf } from './slot-pattern.ts';

/**
 * The frames of a channel's grid, one for each step: ids in the rows of the channel, `noId` in all others, and where
 * the grid ends within the last frame (codebooks at several rates).
 * @throws SpeechTokensError `token-grid-invalid`, `token-space-mismatch`; `argument-invalid` for a channel that is not there
 */
export function gridToFrames(layout: FrameLayout, channel: string, grid: TokenGrid): readonly Int32Array[] {
  const { pattern, layout: checked } = channelOf(layout, channel);
  validateTokenGrid(grid, { tokenSpace: pattern.space });
  if (grid.tracks.length < pattern.codebookCount) {
    throw invalidIds('The grid has too few codebooks', `${grid.tracks.length}`, `at least ${pattern.codebookCount}`);
  }
  return Array.from({ length: patternCountOf(pattern, grid) }, (_, index) => {
    const frame = new Int32Array(checked.streams.length).fill(noId);
    for (const [slotIndex, slot] of pattern.slots.entries()) {
      const code = codeAt(pattern, grid, index, slot);
      if (code !== undefined) frame[pattern.streams[slotIndex] as number] = code + slot.idOffset;
    }
    return frame;
  });
}

/**
 * The grid of a channel in frames that follow each other. Frames without any id of the channel (text steps of CSM) take
 * no time. Only the last frame may lack some, if what is there covers a stretch of audio.
 * @param startSample where the grid starts: a multiple of the space's `alignmentSamples`
 * @throws SpeechTokensError `token-grid-invalid` where a frame is not whole, or holds an id that is no code (a pad):
 * nothing is ever moved to fill a gap
 */
export function framesToGrid(
  layout: FrameLayout,
  channel: string,
  frames: readonly Int32Array[],
  startSample = 0,
): TokenGrid {
  const { pattern } = channelOf(layout, channel);
  const codes: (number | undefined)[] = [];
  let partial: number | undefined;
  for (const [index, frame] of frames.entries()) {
    const ids = pattern.streams.map((stream) => frame[stream] ?? noId);
    if (ids.every((id) => id === noId)) continue;
    if (partial !== undefined)
      throw invalidIds(`Frame ${partial} of ${channel} is not whole`, 'ids missing', 'all ids');
    if (ids.includes(noId)) partial = index;
    for (const [slotIndex, id] of ids.entries()) {
      const { idOffset, codebook } = pattern.slots[slotIndex] as (typeof pattern.slots)[number];
      const code = id - idOffset;
      const size = pattern.space.codebooks[codebook]?.size as number;
      if (id !== noId && (code < 0 || code >= size)) {
        const stream = layout.streams[pattern.streams[slotIndex] as number]?.name;
        throw invalidIds(
          `Frame ${index} holds no code in ${stream}`,
          String(id),
          `${idOffset} to ${idOffset + size - 1}`,
        );
      }
      codes.push(id === noId ? undefined : code);
    }
  }
  const grid = gridOfCodes(pattern, codes, startSample);
  if (grid === undefined) {
    throw invalidIds(
      `Frame ${partial} of ${channel} is not whole`,
      'ids missing',
      'all ids, or those of its beginning',
    );
  }
  return grid;
}

function channelOf(layout: FrameLayout, channel: string) {
  const { patterns } = checkFrameLayout(layout);
  const pattern = patterns.get(channel);
  if (pattern === undefined) throw invalidLayout('The channel is not there', channel, [...patterns.keys()].join(', '));
  return { pattern, layout };
}
