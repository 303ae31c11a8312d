import type { Codebook, JsonData, TokenSpace } from './token-space.ts';
import { validateTokenSpace } from './validate-token-space.ts';

/** A token space as JSON data: its own fields in a fixed order, so that equal spaces give equal text. */
export function tokenSpaceToJson(space: TokenSpace): { readonly [key: string]: JsonData } {
  return {
    id: space.id,
    sampleRateHz: space.sampleRateHz,
    codebooks: space.codebooks.map(({ name, size, hopSamples }) =>
      hopSamples === undefined ? { name, size } : { name, size, hopSamples },
    ),
    ...copyBlocks(space),
    prefixDecodable: space.prefixDecodable,
    ...(space.durations === undefined ? {} : { durations: space.durations }),
    ...(space.derivedFrom === undefined
      ? {}
      : {
          derivedFrom: {
            transform: space.derivedFrom.transform,
            ...(space.derivedFrom.settings === undefined ? {} : { settings: sortKeys(space.derivedFrom.settings) }),
            tokenSpace: tokenSpaceToJson(space.derivedFrom.tokenSpace),
          },
        }),
  };
}

/**
 * A token space from JSON data. Fields that this version does not know are left out.
 * @throws SpeechTokensError `argument-invalid` that names the field
 */
export function tokenSpaceFromJson(value: unknown): TokenSpace {
  validateTokenSpace(value as TokenSpace);
  return copyKnownFields(value as TokenSpace);
}

/** Whatever else says how frames lie in time. */
function copyBlocks({ segments, blockSamples, windowSamples }: TokenSpace): {
  readonly segments?: { lengthSamples: number; strideSamples: number };
  readonly blockSamples?: number;
  readonly windowSamples?: number;
} {
  return {
    ...(segments === undefined
      ? {}
      : { segments: { lengthSamples: segments.lengthSamples, strideSamples: segments.strideSamples } }),
    ...(blockSamples === undefined ? {} : { blockSamples }),
    ...(windowSamples === undefined ? {} : { windowSamples }),
  };
}

function copyKnownFields(space: TokenSpace): TokenSpace {
  return {
    id: space.id,
    sampleRateHz: space.sampleRateHz,
    codebooks: space.codebooks.map(
      ({ name, size, hopSamples }): Codebook =>
        hopSamples === undefined ? { name, size } : { name, size, hopSamples },
    ),
    ...copyBlocks(space),
    prefixDecodable: space.prefixDecodable,
    ...(space.durations === undefined ? {} : { durations: space.durations }),
    ...(space.derivedFrom === undefined
      ? {}
      : {
          derivedFrom: {
            transform: space.derivedFrom.transform,
            ...(space.derivedFrom.settings === undefined ? {} : { settings: space.derivedFrom.settings }),
            tokenSpace: copyKnownFields(space.derivedFrom.tokenSpace),
          },
        }),
  };
}

function sortKeys(value: JsonData): JsonData {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(sortKeys);
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sortKeys(value[key] as JsonData)]));
}

function isList(value: JsonData): value is readonly JsonData[] {
  return Array.isArray(value);
}
