import {
  alignmentSamples,
  type FlattenSlot,
  type TokenGrid,
  type TokenSpace,
  validateTokenSpace,
} from '@speech-tokens/core';
import { invalidLayout } from './layout-error.ts';

/**
 * How the slots of a layout divide a token space: the shortest stretch in which every codebook that is used has whole
 * frames (four frames of the finest codebook of SNAC at 24 kHz; 120 ms of Step-Audio's 16.7 and 25 frames/s).
 */
export interface SlotPattern {
  readonly space: TokenSpace;
  readonly slots: readonly FlattenSlot[];
  /** The first codebooks of the space, as many as the slots hold. */
  readonly codebookCount: number;
  /** Samples at the token space's rate. */
  readonly patternSamples: number;
  /** For each codebook: frames in one pattern. */
  readonly framesPerPattern: readonly number[];
  /** Patterns that a grid may be cut after: more than 1 where the space has blocks. */
  readonly patternsPerCut: number;
}

/**
 * @throws SpeechTokensError `argument-invalid` where the slots do not hold each frame of the first codebooks once, or
 * where the ids of the space are not one a frame
 */
export function slotPattern(space: TokenSpace, slots: readonly FlattenSlot[]): SlotPattern {
  validateTokenSpace(space);
  const codebookCount = slots.reduce((count, { codebook }) => Math.max(count, codebook + 1), 0);
  const books = space.codebooks.slice(0, codebookCount);
  const clockless = books.find(({ hopSamples }) => hopSamples === undefined);
  if (space.durations !== undefined || space.segments !== undefined || clockless !== undefined) {
    const found = `${space.id} with durations, segments or no clock`;
    throw invalidLayout('Only tokens that each last one frame can be laid out', found, 'a hop of every codebook');
  }
  // Of the hops of these codebooks alone: without the blocks of the space.
  const { id, sampleRateHz, prefixDecodable } = space;
  const patternSamples = alignmentSamples({ id, sampleRateHz, codebooks: books, prefixDecodable }) ?? 0;
  const framesPerPattern = books.map(({ hopSamples }) => patternSamples / (hopSamples as number));
  const seen = new Set<string>();
  for (const [index, { codebook, frame, idOffset }] of slots.entries()) {
    const place = `codebook ${codebook}, frame ${frame}`;
    const frameCount = framesPerPattern[codebook] ?? 0;
    if (!Number.isInteger(frame) || frame < 0 || frame >= frameCount) {
      throw invalidLayout(`Slot ${index} is not in the token space`, place, `${framesPerPattern.join(', ')} frames`);
    }
    if (seen.has(place)) throw invalidLayout(`Slot ${index} is there twice`, place, 'each frame once');
    seen.add(place);
    if (!Number.isSafeInteger(idOffset) || idOffset < 0) {
      throw invalidLayout(`The id offset of slot ${index} is no id`, String(idOffset), 'an integer of at least 0');
    }
  }
  const wanted = framesPerPattern.reduce((total, count) => total + count, 0);
  if (wanted === 0 || seen.size !== wanted) {
    throw invalidLayout('The slots leave frames out', `${seen.size} slots`, `${wanted}, one for each frame`);
  }
  const patternsPerCut = (alignmentSamples(space) as number) / patternSamples;
  return { space, slots, codebookCount, patternSamples, framesPerPattern, patternsPerCut };
}

/** Patterns that a grid reaches into. */
export function patternCountOf(pattern: SlotPattern, { tracks }: TokenGrid): number {
  return pattern.framesPerPattern.reduce(
    (most, frames, book) => Math.max(most, Math.ceil((tracks[book]?.ids.length ?? 0) / frames)),
    0,
  );
}

/** The code of a slot in pattern number `index` of a grid; `undefined` where the grid ends before it. */
export function codeAt(
  pattern: SlotPattern,
  { tracks }: TokenGrid,
  index: number,
  slot: FlattenSlot,
): number | undefined {
  return tracks[slot.codebook]?.ids[index * (pattern.framesPerPattern[slot.codebook] as number) + slot.frame];
}

/**
 * The grid of codes that lie pattern by pattern, each in the order of the slots; of the last pattern some may be missing
 * (`undefined`). `undefined` where what is there of it covers no length of audio.
 */
export function gridOfCodes(
  pattern: SlotPattern,
  codes: readonly (number | undefined)[],
  startSample: number,
): TokenGrid | undefined {
  const { space, slots, codebookCount, patternSamples, framesPerPattern } = pattern;
  const isPartial = codes.length % slots.length > 0 || codes.slice(-slots.length).includes(undefined);
  const wholePatterns = Math.ceil(codes.length / slots.length) - (isPartial ? 1 : 0);
  const last = codes.slice(wholePatterns * slots.length);
  const isThere = (slotIndex: number): boolean => last[slotIndex] !== undefined;
  // The longest audio whose frames, of every codebook, are just those that are there.
  const hop = (codebook: number): number => space.codebooks[codebook]?.hopSamples as number;
  const starts = slots.map(({ codebook, frame }) => frame * hop(codebook));
  const missing = starts.filter((_, index) => !isThere(index));
  const restSamples = last.length === 0 ? 0 : Math.min(patternSamples, ...missing);
  if (starts.some((start, index) => isThere(index) && start >= restSamples)) return undefined;
  if (last.length > 0 && restSamples === 0) return undefined;
  const tracks = Array.from({ length: codebookCount }, (_, codebook) => ({
    ids: new Uint32Array(
      wholePatterns * (framesPerPattern[codebook] as number) + Math.ceil(restSamples / hop(codebook)),
    ),
  }));
  for (const [place, code] of codes.entries()) {
    if (code === undefined) continue;
    const { codebook, frame } = slots[place % slots.length] as FlattenSlot;
    const index = Math.floor(place / slots.length) * (framesPerPattern[codebook] as number) + frame;
    (tracks[codebook] as { ids: Uint32Array }).ids[index] = code;
  }
  return { tokenSpace: space, startSample, sampleCount: wholePatterns * patternSamples + restSamples, tracks };
}
