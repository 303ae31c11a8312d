import type { BytePairCoder } from '../byte-pairs/byte-pair-coder.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { tokenSpacesEqual } from '../tokens/compare-token-spaces.ts';
import { showValue } from '../tokens/show-value.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { JsonData, TokenSpace, TokenSpaceDerivation } from '../tokens/token-space.ts';
import { bytePair, bytePairName } from './byte-pair.ts';
import { flatten } from './flatten.ts';
import { layoutFromJson } from './flatten-layout.ts';
import { mergeRepeats } from './merge-repeats.ts';
import { cannotTransform, type TokenTransform } from './token-transform.ts';

export interface DerivedSpaceOptions {
  /** The byte pairs that may be needed: a token space names them by their hash only. */
  readonly bytePairs?: readonly BytePairCoder[];
}

/** The transforms of this package, by the name that they have in a derivation. */
const transforms: {
  readonly [name: string]: (settings: JsonData | undefined, options: DerivedSpaceOptions) => TokenTransform;
} = {
  [mergeRepeats.name]: () => mergeRepeats,
  flatten: (settings) => flatten(layoutFromJson(settings)),
  [bytePairName]: (settings, { bytePairs = [] }) => bytePair(findBytePairs(settings, bytePairs)),
};

/** Whether a transform of this package made a space. Those of plugins are for the plugins to undo. */
function isDerivedHere({ derivedFrom }: TokenSpace): boolean {
  return derivedFrom !== undefined && Object.hasOwn(transforms, derivedFrom.transform);
}

function transformOf({ transform, settings }: TokenSpaceDerivation, options: DerivedSpaceOptions): TokenTransform {
  return (transforms[transform] as (typeof transforms)[string])(settings, options);
}

/** The space that a tokenizer made tokens in, before the transforms of this package; the space itself where there are none. */
export function originalSpace(space: TokenSpace): TokenSpace {
  let original = space;
  while (isDerivedHere(original)) original = (original.derivedFrom as TokenSpaceDerivation).tokenSpace;
  return original;
}

/**
 * The grid before the transforms of this package that were applied to it; the grid itself where there are none.
 * @throws SpeechTokensError `argument-invalid` where byte pairs are needed that were not given; what `invert` throws
 */
export function undoTransforms(grid: TokenGrid, options: DerivedSpaceOptions = {}): TokenGrid {
  let undone = grid;
  while (isDerivedHere(undone.tokenSpace)) {
    undone = transformOf(undone.tokenSpace.derivedFrom as TokenSpaceDerivation, options).invert(undone);
  }
  return undone;
}

/**
 * The grid in a space that is derived from its own: the transforms in between are applied, and none where it is of that
 * space already. So tokens of a tokenizer get into the space that byte pairs or a language model were trained in.
 * @throws SpeechTokensError `token-space-mismatch` where the one is not derived from the other
 * @throws SpeechTokensError `argument-invalid` where byte pairs are needed that were not given; what `apply` throws
 */
export function applyTransforms(grid: TokenGrid, wanted: TokenSpace, options: DerivedSpaceOptions = {}): TokenGrid {
  const steps: TokenSpaceDerivation[] = [];
  let space = wanted;
  while (!tokenSpacesEqual(space, grid.tokenSpace)) {
    if (!isDerivedHere(space)) {
      throw new SpeechTokensError('token-space-mismatch', {
        problem: 'The tokens cannot be brought into the wanted token space: it is not derived from theirs',
        found: JSON.stringify(grid.tokenSpace.id),
        wanted: `${JSON.stringify(wanted.id)}, or a space that it is derived from`,
        remedy: 'Use tokens of the tokenizer that the wanted space comes from, or undo their transforms first',
        details: { foundId: grid.tokenSpace.id, wantedId: wanted.id },
      });
    }
    const derivation = space.derivedFrom as TokenSpaceDerivation;
    steps.unshift(derivation);
    space = derivation.tokenSpace;
  }
  return steps.reduce((before, step) => transformOf(step, options).apply(before), grid);
}

function findBytePairs(settings: JsonData | undefined, bytePairs: readonly BytePairCoder[]): BytePairCoder {
  const sha256 = (settings as { readonly mergesSha256?: unknown } | null | undefined)?.mergesSha256;
  const found = bytePairs.find((coder) => coder.sha256 === sha256);
  if (found !== undefined) return found;
  throw cannotTransform(
    'The tokens are byte pairs, and the merges that they were made with were not given',
    bytePairs.map((coder) => `merges ${coder.sha256.slice(0, 16)}…`).join(', ') || 'none',
    `merges ${typeof sha256 === 'string' ? `${sha256.slice(0, 16)}…` : showValue(sha256)}`,
    'Give the merges that the tokens were made with',
  );
}
