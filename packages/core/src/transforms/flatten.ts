import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { trackFrameCounts } from '../tokens/frame-clock.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { Codebook, TokenSpace } from '../tokens/token-space.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { validateTokenSpace } from '../tokens/validate-token-space.ts';
import {
  checkedLayout,
  type FlattenLayout,
  type FlattenSlot,
  framesPerCoarseFrame,
  layoutCodebookCount,
  layoutFromJson,
  layoutToJson,
} from './flatten-layout.ts';
import { cannotTransform, derivedSpace, spaceBefore, type TokenTransform } from './token-transform.ts';

const name = 'flatten';

/**
 * Writes the tokens of several codebooks, at one rate or many, as one stream of ids: coarse frame by coarse frame, in
 * each the slots of the layout. The flat space has one codebook, `flat`, without a hop of its own; with that of the
 * codebook where a single one is flattened that has one frame per coarse frame, so that repeats can be merged in it.
 *
 * No id is made up: slots of the last coarse frame whose frame the grid does not have are left out. `invert` knows from
 * `sampleCount` which they are. Pieces of a stream, flattened one by one and joined by `joinGrids`, equal the whole
 * flattened.
 */
export function flatten(layout: FlattenLayout): TokenTransform {
  const codebookCount = layoutCodebookCount(layout);
  const transform: TokenTransform = {
    name,
    outputSpace(inputSpace) {
      validateTokenSpace(inputSpace);
      checkedLayout(layout, inputSpace);
      const sizeOf = ({ codebook }: FlattenSlot): number => (inputSpace.codebooks[codebook] as Codebook).size;
      const pattern = layout.slots.map(({ codebook, frame, idOffset }) => `${codebook}.${frame}+${idOffset}`).join(' ');
      const size = Math.max(...layout.slots.map((slot) => slot.idOffset + sizeOf(slot)));
      const { hopSamples } = inputSpace.codebooks[0] as Codebook;
      const hasClock = layout.slots.length === 1 && hopSamples !== undefined;
      const derived = derivedSpace(inputSpace, {
        transform: name,
        variant: pattern,
        codebooks: [{ name: 'flat', size, ...(hasClock ? { hopSamples } : {}) }],
        settings: layoutToJson(layout),
      });
      const { id, sampleRateHz, codebooks, derivedFrom } = derived;
      return { ...(hasClock ? derived : { id, sampleRateHz, codebooks, derivedFrom }), prefixDecodable: true };
    },
    apply(grid) {
      const tokenSpace = transform.outputSpace(grid.tokenSpace);
      validateTokenGrid(grid);
      if (grid.tracks.length !== codebookCount) {
        throw cannotTransform(
          'The layout is for another number of codebooks',
          `${grid.tracks.length} in the grid`,
          String(codebookCount),
          `Take the first ${codebookCount} codebooks of the grid only (takeCodebooks, --codebooks), or make a layout of as many`,
        );
      }
      const counts = grid.tracks.map((track) => track.ids.length);
      const flat = new Uint32Array(counts.reduce((total, count) => total + count, 0));
      forEachPlace(layout, grid.tokenSpace, counts, (place, { codebook, idOffset }, frame) => {
        flat[place] = (grid.tracks[codebook]?.ids[frame] as number) + idOffset;
      });
      return { ...grid, tokenSpace, tracks: [{ ids: flat }] };
    },
    invert(grid) {
      const tokenSpace = spaceBefore(transform, grid.tokenSpace);
      validateTokenGrid(grid);
      const flat = grid.tracks[0]?.ids as Uint32Array;
      const counts = frameCountsOf(flat.length, tokenSpace, grid.sampleCount, codebookCount);
      const tracks = counts.map((count) => ({ ids: new Uint32Array(count) }));
      forEachPlace(layout, tokenSpace, counts, (place, { codebook, idOffset }, frame) => {
        const id = (flat[place] as number) - idOffset;
        const { name: bookName, size } = tokenSpace.codebooks[codebook] as Codebook;
        if (id < 0 || id >= size) {
          throw invalidFlat(
            `The flat id at ${place} is not of its slot (${bookName})`,
            String(flat[place]),
            `${idOffset} to ${idOffset + size - 1}`,
          );
        }
        (tracks[codebook]?.ids as Uint32Array)[frame] = id;
      });
      return { ...grid, tokenSpace, tracks };
    },
  };
  return transform;
}

/**
 * Undoes `flatten` with the layout that the grid's token space carries.
 * @throws SpeechTokensError `token-space-mismatch`, `token-grid-invalid`, `argument-invalid`
 */
export function unflatten(grid: TokenGrid): TokenGrid {
  const derivation = grid.tokenSpace.derivedFrom;
  const layout = derivation?.transform === name ? layoutFromJson(derivation.settings) : { slots: [] };
  return flatten(layout).invert(grid);
}

/** Calls back for each token of the flat stream, in its order. */
function forEachPlace(
  { slots }: FlattenLayout,
  space: TokenSpace,
  frameCounts: readonly number[],
  visit: (place: number, slot: FlattenSlot, frame: number) => void,
): void {
  const perCoarse = framesPerCoarseFrame(space);
  const coarseCount = Math.max(0, ...frameCounts.map((count, book) => Math.ceil(count / (perCoarse[book] as number))));
  let place = 0;
  for (let coarse = 0; coarse < coarseCount; coarse++) {
    for (const slot of slots) {
      const frame = coarse * (perCoarse[slot.codebook] as number) + slot.frame;
      if (frame < (frameCounts[slot.codebook] as number)) visit(place++, slot, frame);
    }
  }
}

/** Frames of each codebook in a flat stream: the two ways to cover the samples differ in their sum, if they differ. */
function frameCountsOf(
  length: number,
  space: TokenSpace,
  sampleCount: number,
  codebookCount: number,
): readonly number[] {
  const counts = trackFrameCounts(space, sampleCount) as NonNullable<ReturnType<typeof trackFrameCounts>>;
  const candidates = [counts.exact, counts.padded].map((frames) => frames.slice(0, codebookCount));
  const sums = candidates.map((frames) => frames.reduce((total, count) => total + count, 0));
  const match = candidates[sums.indexOf(length)];
  if (match !== undefined) return match;
  const wanted = [...new Set(sums)].join(' or ');
  throw invalidFlat(`The flat stream does not cover the ${sampleCount} samples`, `${length} ids`, `${wanted} ids`);
}

function invalidFlat(problem: string, found: string, wanted: string): SpeechTokensError<'token-grid-invalid'> {
  return new SpeechTokensError('token-grid-invalid', {
    problem,
    found,
    wanted,
    remedy: 'Give the stream just as flatten wrote it, whole frames of it where it is cut',
    details: { codebook: 'flat' },
  });
}
