import { type FlattenSlot, isCount, type PlainData, type TokenGrid } from '@speech-tokens/core';
import { invalidState } from '../invalid-state.ts';
import { type FlatLayout, flatPattern } from './flat-layout.ts';
import { invalidIds } from './layout-error.ts';
import { gridOfCodes } from './slot-pattern.ts';

/** What a sequence of ids turned out to be, in its order. */
export type FlatPart =
  /** Frames that are complete. Each starts where the last grid ended. */
  | { readonly kind: 'grid'; readonly grid: TokenGrid }
  /** Ids that are no speech: text, end of speech, tools. */
  | { readonly kind: 'other'; readonly ids: Uint32Array }
  /** Speech ids that make no whole pattern, as they were: the model left the order. They take no time. */
  | { readonly kind: 'broken'; readonly ids: Uint32Array };

/** Reads a sequence as it is made, id by id or many at a time: the parts are the same. */
export interface FlatReader {
  /**
   * Every id comes back in just one part. An id between the slots of a pattern that is not speech is given out at once,
   * and the pattern goes on after it, unless it is a boundary. An id of another slot than the next one breaks the
   * pattern; where it is one of the first slot, a new pattern starts with it.
   * @throws SpeechTokensError `token-grid-invalid` where an id is not of the vocabulary; nothing is then taken
   */
  push(ids: ArrayLike<number>): readonly FlatPart[];
  /**
   * Ends the sequence. Of a pattern that was begun, the slots that cover a stretch of audio by themselves end the last
   * grid; others are `broken`. The reader is then as new.
   */
  flush(): readonly FlatPart[];
  /** Where the reader stands, to go on from in another one, or to come back to. */
  saveState(): PlainData;
}

export interface FlatReaderOptions {
  /** Where the first grid starts: a multiple of the space's `alignmentSamples`; 0 by default. */
  readonly startSample?: number;
  /** Continues where `saveState` was called. */
  readonly state?: PlainData;
}

/** @throws SpeechTokensError `argument-invalid`, `session-state-invalid` */
export function createFlatReader(layout: FlatLayout, options: FlatReaderOptions = {}): FlatReader {
  const pattern = flatPattern(layout);
  const { slots, patternSamples, patternsPerCut } = pattern;
  const idsPerCut = patternsPerCut * slots.length;
  const boundaries = new Set(layout.boundaryIds);
  const sizes = slots.map(({ codebook }) => layout.tokenSpace.codebooks[codebook]?.size as number);
  const fits = (slotIndex: number, id: number): boolean => {
    const code = id - (slots[slotIndex] as FlattenSlot).idOffset;
    return code >= 0 && code < (sizes[slotIndex] as number);
  };
  const isSpeech = (id: number): boolean => slots.some((_, slotIndex) => fits(slotIndex, id));
  /** Speech ids that have not been given out: whole patterns up to the next cut, and one in progress. */
  let held: number[] = [];
  let nextSample = options.startSample ?? 0;
  if (options.state !== undefined) ({ held, nextSample } = restored(options.state));

  const gridOf = (ids: readonly number[]): TokenGrid | undefined => {
    const codes = ids.map((id, place) => id - (slots[place % slots.length] as FlattenSlot).idOffset);
    const grid = gridOfCodes(pattern, codes, nextSample);
    if (grid !== undefined) nextSample += grid.sampleCount;
    return grid;
  };
  /** The slots of a pattern that does not go on. */
  const takeBegun = (): number[] => held.splice(held.length - (held.length % slots.length));

  return {
    push(ids) {
      for (let index = 0; index < ids.length; index++) {
        const id = ids[index] as number;
        if (Number.isInteger(id) && id >= 0 && id < layout.vocabularySize) continue;
        throw invalidIds('An id is not of the vocabulary', `${id} at ${index}`, `0 to ${layout.vocabularySize - 1}`);
      }
      const parts = createPartList();
      const giveGrid = (): void => parts.addGrid(gridOf(held.splice(0, held.length - (held.length % idsPerCut))));
      for (let index = 0; index < ids.length; index++) {
        const id = ids[index] as number;
        if (fits(held.length % slots.length, id)) {
          held.push(id);
          continue;
        }
        giveGrid();
        const speech = isSpeech(id);
        if (speech || boundaries.has(id)) parts.add('broken', takeBegun());
        if (!speech) parts.add('other', [id]);
        else if (fits(0, id)) held.push(id);
        else parts.add('broken', [id]);
      }
      giveGrid();
      return parts.take();
    },
    flush() {
      const parts = createPartList();
      let length = held.length;
      let grid = gridOf(held);
      while (grid === undefined) grid = gridOf(held.slice(0, --length));
      parts.addGrid(grid);
      parts.add('broken', held.slice(length));
      held = [];
      nextSample = options.startSample ?? 0;
      return parts.take();
    },
    saveState: () => ({ held: Uint32Array.from(held), nextSample }),
  };

  function restored(state: PlainData): { held: number[]; nextSample: number } {
    const { held: ids, nextSample: sample } = (state ?? {}) as Record<string, PlainData>;
    const isHeld = ids instanceof Uint32Array && ids.length < idsPerCut;
    if (!isHeld || !isCount(sample) || sample % patternSamples !== 0) throw invalidState('a flat layout');
    if (!ids.every((id, place) => fits(place % slots.length, id))) throw invalidState('a flat layout');
    return { held: [...ids], nextSample: sample };
  }
}

/** Parts in order; neighbours of one kind that are no grids become one. */
function createPartList() {
  const list: (FlatPart | { readonly kind: 'other' | 'broken'; readonly ids: number[] })[] = [];
  return {
    add(kind: 'other' | 'broken', ids: readonly number[]): void {
      const last = list.at(-1);
      if (ids.length === 0) return;
      if (last?.kind === kind) (last.ids as number[]).push(...ids);
      else list.push({ kind, ids: [...ids] });
    },
    addGrid(grid: TokenGrid | undefined): void {
      if (grid !== undefined && grid.sampleCount > 0) list.push({ kind: 'grid', grid });
    },
    take: (): readonly FlatPart[] =>
      list.map((part) => (part.kind === 'grid' ? part : { kind: part.kind, ids: Uint32Array.from(part.ids) })),
  };
}
