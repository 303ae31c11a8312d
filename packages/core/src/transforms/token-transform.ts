import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { assertTokenSpace } from '../tokens/compare-token-spaces.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { JsonData, TokenSpace } from '../tokens/token-space.ts';

/**
 * A lossless change of how tokens are written down. Pure functions: nothing is kept between calls, and no grid is
 * changed. The result is of a token space of its own, which names the transform and the space before it.
 */
export interface TokenTransform {
  /** As in `TokenSpaceDerivation.transform`. */
  readonly name: string;
  /**
   * The space of the transformed tokens. Its id differs wherever the ids could.
   * @throws SpeechTokensError `argument-invalid` where the transform cannot take tokens of that space
   */
  outputSpace(inputSpace: TokenSpace): TokenSpace;
  /** @throws SpeechTokensError `argument-invalid`, `token-grid-invalid` */
  apply(grid: TokenGrid): TokenGrid;
  /**
   * Exactly the grid that was given to `apply`, with its token space.
   * @throws SpeechTokensError `token-space-mismatch` where this transform did not make the grid's space
   * @throws SpeechTokensError `token-grid-invalid` where the grid cannot come from `apply`
   */
  invert(grid: TokenGrid): TokenGrid;
}

/**
 * The space that a transform took a grid's space from.
 * @throws SpeechTokensError `token-space-mismatch` where another transform, or none, made it
 */
export function spaceBefore(transform: Pick<TokenTransform, 'name' | 'outputSpace'>, space: TokenSpace): TokenSpace {
  const derivation = space.derivedFrom;
  if (derivation?.transform !== transform.name) {
    throw new SpeechTokensError('token-space-mismatch', {
      problem: `The grid was not made by the transform ${transform.name}`,
      found: `the space ${JSON.stringify(space.id)} made by ${derivation?.transform ?? 'no transform'}`,
      wanted: `a space derived by ${transform.name}`,
      remedy: 'Undo transforms in the reverse order of their application',
      details: { foundId: space.id, wantedId: `…+${transform.name}` },
    });
  }
  assertTokenSpace(space, transform.outputSpace(derivation.tokenSpace), 'The transformed grid');
  return derivation.tokenSpace;
}

/** What a transform makes of a space. */
interface DerivedSpace {
  readonly transform: string;
  /** What the ids depend on beside the transform, in short. */
  readonly variant?: string;
  readonly codebooks: TokenSpace['codebooks'];
  readonly durations?: TokenSpace['durations'];
  readonly settings?: JsonData;
}

/**
 * The space after a transform that leaves frames where they are: whatever says how they lie in time is that of the space
 * before.
 */
export function derivedSpace(
  tokenSpace: TokenSpace,
  { transform, variant, codebooks, durations, settings }: DerivedSpace,
): TokenSpace & Required<Pick<TokenSpace, 'derivedFrom'>> {
  const { durations: _durations, derivedFrom: _derivedFrom, ...frames } = tokenSpace;
  return {
    ...frames,
    id: `${tokenSpace.id}+${transform}${variant === undefined ? '' : `(${variant})`}`,
    codebooks,
    ...(durations === undefined ? {} : { durations }),
    derivedFrom: { transform, ...(settings === undefined ? {} : { settings }), tokenSpace },
  };
}

/** An error for a space that a transform cannot take. */
export function cannotTransform(
  problem: string,
  found: string,
  wanted: string,
  remedy: string,
): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument: 'grid' } });
}
