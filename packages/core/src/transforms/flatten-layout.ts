import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { Codebook, JsonData, TokenSpace } from '../tokens/token-space.ts';
import { validateTokenSpace } from '../tokens/validate-token-space.ts';

/** One place in the repeating pattern of a flat stream. */
export interface FlattenSlot {
  /** Index of the codebook. */
  readonly codebook: number;
  /** Which of the codebook's frames within the coarse frame; 0 where there is one. */
  readonly frame: number;
  /** Added to the id, so that ids of different slots can share one vocabulary without meeting. */
  readonly idOffset: number;
}

/** How the tokens of one coarse frame (of the space's greatest hop) follow each other in one stream. */
export interface FlattenLayout {
  readonly slots: readonly FlattenSlot[];
}

export interface FlattenLayoutOptions {
  /** The first codebooks to flatten; all by default. */
  readonly codebookCount?: number;
  /**
   * `codebook`: ids of a codebook come after those of the codebooks before it. `slot`: each slot has ids of its own,
   * after those of the slots before it (slot·4096 for SNAC, as Orpheus has it). `none`: ids stay as they are.
   */
  readonly idOffsets: 'none' | 'codebook' | 'slot';
}

/**
 * The layout in order of time: slots by the sample that they start at, coarse before fine. With one rate this is the
 * plain interleave [book 0, book 1, …]; for SNAC 24k it is Orpheus' [L0, L1a, L2a, L2b, L1b, L2c, L2d].
 * @throws SpeechTokensError `argument-invalid` where the space has no such codebooks, or its hops do not divide the
 * greatest
 */
export function timeOrderedLayout(space: TokenSpace, options: FlattenLayoutOptions): FlattenLayout {
  validateTokenSpace(space);
  const { codebookCount = space.codebooks.length, idOffsets } = options;
  if (!Number.isInteger(codebookCount) || codebookCount < 1 || codebookCount > space.codebooks.length) {
    throw invalidLayout('codebookCount is out of range', String(codebookCount), `1 to ${space.codebooks.length}`);
  }
  const framesPerSlot = framesPerCoarseFrame(space);
  const books = space.codebooks.slice(0, codebookCount);
  const places = books.flatMap(({ hopSamples }, codebook) =>
    Array.from({ length: framesPerSlot[codebook] as number }, (_, frame) => ({
      codebook,
      frame,
      startSample: frame * (hopSamples as number),
    })),
  );
  places.sort((a, b) => a.startSample - b.startSample || a.codebook - b.codebook);
  const sizeOf = (codebook: number): number => (books[codebook] as Codebook).size;
  const bookOffsets = runningSums(books.map((book) => book.size));
  const slotOffsets = runningSums(places.map((place) => sizeOf(place.codebook)));
  const slots = places.map(({ codebook, frame }, index) => {
    const offsets = { none: 0, codebook: bookOffsets[codebook] as number, slot: slotOffsets[index] as number };
    return { codebook, frame, idOffset: offsets[idOffsets] };
  });
  return checkedLayout({ slots }, space);
}

/** The sum of all values before each. */
function runningSums(values: readonly number[]): number[] {
  let total = 0;
  return values.map((value) => {
    const before = total;
    total += value;
    return before;
  });
}

/** Frames of each codebook in one frame of the greatest hop. */
export function framesPerCoarseFrame(space: TokenSpace): readonly number[] {
  const coarsest = Math.max(...space.codebooks.map((codebook) => codebook.hopSamples ?? Number.NaN));
  if (Number.isNaN(coarsest) || space.durations !== undefined) {
    throw invalidLayout(
      'Only tokens that each last one frame can be flattened',
      `${space.id} with durations or without a clock`,
      'a hop of every codebook, and no durations',
    );
  }
  return space.codebooks.map(({ name, hopSamples }) => {
    const frames = coarsest / (hopSamples as number);
    if (Number.isInteger(frames)) return frames;
    throw invalidLayout('The hops have no common frame', `${hopSamples} (${name})`, `a divisor of ${coarsest}`);
  });
}

/** How many codebooks a layout holds: the first ones. */
export function layoutCodebookCount(layout: FlattenLayout): number {
  return layout.slots.reduce((count, slot) => Math.max(count, slot.codebook + 1), 0);
}

/**
 * The layout, if it holds every frame of the first codebooks of the space just once, and its ids fit 32 bits.
 * @throws SpeechTokensError `argument-invalid`
 */
export function checkedLayout(layout: FlattenLayout, space: TokenSpace): FlattenLayout {
  const frames = framesPerCoarseFrame(space);
  const seen = new Set<string>();
  for (const [index, { codebook, frame, idOffset }] of layout.slots.entries()) {
    const book = space.codebooks[codebook];
    const frameCount = frames[codebook];
    const place = `codebook ${codebook}, frame ${frame}`;
    if (
      book === undefined ||
      frameCount === undefined ||
      !Number.isInteger(frame) ||
      !(frame >= 0 && frame < frameCount)
    ) {
      throw invalidLayout(`Slot ${index} is not in the token space`, place, `${frames.join(', ')} frames per codebook`);
    }
    if (seen.has(place)) throw invalidLayout(`Slot ${index} is there twice`, place, 'each once');
    seen.add(place);
    if (!Number.isSafeInteger(idOffset) || idOffset < 0 || idOffset + book.size > 2 ** 32) {
      throw invalidLayout(
        `The ids of slot ${index} do not fit 32 bits`,
        `offset ${idOffset}`,
        `0 to ${2 ** 32 - book.size}`,
      );
    }
  }
  const wanted = frames.slice(0, layoutCodebookCount(layout)).reduce((total, count) => total + count, 0);
  if (wanted === 0 || seen.size !== wanted) {
    throw invalidLayout('The layout leaves frames out', `${seen.size} slots`, `${wanted}, one for each frame`);
  }
  return layout;
}

/** The layout as it travels in a token space: `[[codebook, frame, idOffset], …]`. */
export function layoutToJson({ slots }: FlattenLayout): JsonData {
  return { slots: slots.map(({ codebook, frame, idOffset }) => [codebook, frame, idOffset]) };
}

/** @throws SpeechTokensError `argument-invalid` */
export function layoutFromJson(settings: JsonData | undefined): FlattenLayout {
  const slots = (settings as { readonly slots?: unknown } | null | undefined)?.slots;
  const isSlot = (slot: unknown): slot is readonly [number, number, number] =>
    Array.isArray(slot) && slot.length === 3 && slot.every((value) => Number.isSafeInteger(value));
  if (!Array.isArray(slots) || !slots.every(isSlot)) {
    throw invalidLayout('The settings hold no layout', typeof slots, 'a list of [codebook, frame, idOffset]');
  }
  return { slots: slots.map(([codebook, frame, idOffset]) => ({ codebook, frame, idOffset })) };
}

function invalidLayout(problem: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem,
    found,
    wanted,
    remedy: 'Make the layout for this token space, for example with timeOrderedLayout',
    details: { argument: 'layout' },
  });
}
