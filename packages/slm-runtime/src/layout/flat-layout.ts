import { type FlattenSlot, type TokenSpace, timeOrderedLayout } from '@speech-tokens/core';
import { invalidLayout } from './layout-error.ts';
import { type SlotPattern, slotPattern } from './slot-pattern.ts';

/**
 * One sequence of ids in which text and speech follow each other (Orpheus, Llasa, OuteTTS, Step-Audio, GLM-4-Voice).
 * Speech ids come in the order of the slots, over and over: an id of a slot is its `idOffset` and the code. All other
 * ids mean something else.
 */
export interface FlatLayout {
  readonly tokenSpace: TokenSpace;
  /**
   * One pattern: each frame of the first codebooks once. Orpheus: codebooks [0,1,2,2,1,2,2] of SNAC, with offsets
   * 128266 + 4096 · slot. Step-Audio: codebooks [0,0,1,1,1], offsets 65536 and 66560.
   */
  readonly slots: readonly FlattenSlot[];
  /** Ids are integers in [0, vocabularySize). */
  readonly vocabularySize: number;
  /**
   * Ids after which a pattern that was begun does not go on (end of speech, end of turn, start of speech). Without them
   * the next speech would complete it.
   */
  readonly boundaryIds?: readonly number[];
}

/**
 * The slots of a token space in order of time, coarse before fine, with the first speech id of the vocabulary; see
 * `timeOrderedLayout`. With `idOffsets: 'slot'` those of Orpheus.
 * @throws SpeechTokensError `argument-invalid`
 */
export function timeOrderedSlots(
  space: TokenSpace,
  options: {
    readonly firstId: number;
    readonly idOffsets: 'none' | 'codebook' | 'slot';
    readonly codebookCount?: number;
  },
): readonly FlattenSlot[] {
  const { firstId, ...layoutOptions } = options;
  return timeOrderedLayout(space, layoutOptions).slots.map((slot) => ({ ...slot, idOffset: firstId + slot.idOffset }));
}

/**
 * Checks a layout once, so that readers need not.
 * @throws SpeechTokensError `argument-invalid`
 */
export function flatPattern(layout: FlatLayout): SlotPattern {
  const { tokenSpace, slots, vocabularySize, boundaryIds = [] } = layout;
  const pattern = slotPattern(tokenSpace, slots);
  if (!Number.isSafeInteger(vocabularySize) || vocabularySize < 1 || vocabularySize > 2 ** 32) {
    throw invalidLayout('The vocabulary has no such size', String(vocabularySize), '1 to 2^32');
  }
  for (const [index, { codebook, idOffset }] of slots.entries()) {
    const end = idOffset + (tokenSpace.codebooks[codebook]?.size as number);
    if (end > vocabularySize) {
      throw invalidLayout(`Slot ${index} reaches past the vocabulary`, `id ${end - 1}`, `less than ${vocabularySize}`);
    }
    const inside = boundaryIds.find((id) => id >= idOffset && id < end);
    if (inside !== undefined) {
      throw invalidLayout(
        `A boundary id is a speech id of slot ${index}`,
        String(inside),
        `none of ${idOffset} to ${end - 1}`,
      );
    }
  }
  return pattern;
}
