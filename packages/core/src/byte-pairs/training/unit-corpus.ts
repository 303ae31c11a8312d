import { createIntegerList, integerWidthBytes } from '../../tokens/integer-list.ts';

/** In `ids`: where a recording ends. */
export const separator = -1;
/** In `ids`: a place whose unit belongs to a token that starts before it. */
export const inside = -2;

/**
 * Recordings one after the other, each with a separator behind it, as tokens that grow. A token lies where its units
 * were: its id at the first place, its length at the first and the last one. So both neighbours of a token are found
 * without links, and nothing moves.
 */
export interface UnitCorpus {
  /** Units of all recordings. */
  readonly unitTotal: number;
  /**
   * `[places, 2]`: at the first place of a token its id, else `separator` or `inside`; at its first and its last place its
   * length in units. Side by side, so that a look at a place and its neighbours touches one stretch of memory.
   */
  readonly cells: Int32Array;
  readonly placeCount: number;
}

/** Gathers recordings, in the fewest bytes that hold their units. */
export function createCorpusBuilder(unitCount: number): {
  readonly unitTotal: number;
  add(units: Uint32Array): void;
  build(): UnitCorpus;
} {
  const end = Uint32Array.of(unitCount);
  const list = createIntegerList(integerWidthBytes(unitCount + 1));
  let recordingCount = 0;
  return {
    get unitTotal() {
      return list.length - recordingCount;
    },
    add(units) {
      if (units.length === 0) return;
      list.append(units);
      list.append(end);
      recordingCount++;
    },
    build() {
      const cells = new Int32Array(2 * list.length);
      let at = 0;
      for (const block of list.blocks()) {
        for (let i = 0; i < block.length; i++) {
          const unit = block[i] as number;
          cells[at++] = unit === unitCount ? separator : unit;
          cells[at++] = 1;
        }
      }
      return {
        unitTotal: list.length - recordingCount,
        cells,
        placeCount: list.length,
      };
    },
  };
}
