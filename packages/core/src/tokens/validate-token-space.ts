import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { alignmentSamples } from './frame-clock.ts';
import { showValue } from './show-value.ts';
import { type Codebook, hasSpans, type TokenSpace } from './token-space.ts';

/** Ids are kept in 32 bits. */
const maximumCodebookSize = 2 ** 32;
/** Transforms of transforms; more is a fault or an attack. */
const maximumDerivations = 16;
/** Deeper settings would overflow the stack of whoever walks them. */
const maximumSettingsDepth = 8;

/**
 * Checks that a token space is what its type says, also when it comes from a file or from JavaScript.
 * @throws SpeechTokensError `argument-invalid` that names the field
 */
export function validateTokenSpace(space: TokenSpace): void {
  let depth = 0;
  let next: TokenSpace | undefined = space;
  do {
    if (depth++ > maximumDerivations)
      throw invalid('derivedFrom', 'a longer chain', `${maximumDerivations} transforms`);
    validateOne(next);
    next = next.derivedFrom?.tokenSpace;
  } while (next !== undefined);
}

function validateOne(space: TokenSpace): void {
  if (typeof space !== 'object' || space === null) throw invalid('tokenSpace', showValue(space), 'an object');
  if (!isName(space.id)) throw invalid('id', showValue(space.id), 'a text that is not empty');
  if (!isCount(space.sampleRateHz))
    throw invalid('sampleRateHz', showValue(space.sampleRateHz), 'an integer of at least 1');
  if (typeof space.prefixDecodable !== 'boolean') {
    throw invalid('prefixDecodable', showValue(space.prefixDecodable), 'true or false');
  }
  if (!Array.isArray(space.codebooks) || space.codebooks.length === 0) {
    throw invalid('codebooks', showValue(space.codebooks), 'a list of at least one codebook');
  }
  const names = new Set<string>();
  for (const [index, codebook] of (space.codebooks as Codebook[]).entries()) {
    validateCodebook(codebook, `codebooks[${index}]`);
    if (names.has(codebook.name))
      throw invalid(`codebooks[${index}].name`, showValue(codebook.name), 'a name of its own');
    names.add(codebook.name);
  }
  if (space.segments !== undefined) validateSegments(space);
  if (space.blockSamples !== undefined) validateBlocks(space);
  if (space.windowSamples !== undefined) validateWindows(space);
  if (!Number.isSafeInteger(alignmentOf(space))) {
    throw invalid('codebooks', 'hops without a common multiple below 2^53', 'hops that divide one another');
  }
  if (space.durations !== undefined) validateDurations(space);
  const derivation = space.derivedFrom;
  if (derivation === undefined) return;
  const isObject = typeof derivation === 'object' && derivation !== null;
  if (!isObject || !isName(derivation.transform) || derivation.tokenSpace === undefined) {
    throw invalid('derivedFrom', showValue(derivation), 'an object with the name of a transform and a token space');
  }
  if (derivation.settings !== undefined && !isJson(derivation.settings, maximumSettingsDepth)) {
    throw invalid('derivedFrom.settings', 'something else', `JSON data of at most ${maximumSettingsDepth} levels`);
  }
}

function isJson(value: unknown, levels: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || levels === 0) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
  return Object.values(value).every((member) => isJson(member, levels - 1));
}

function validateCodebook(codebook: Codebook, field: string): void {
  if (typeof codebook !== 'object' || codebook === null) throw invalid(field, showValue(codebook), 'a codebook');
  if (!isName(codebook.name)) throw invalid(`${field}.name`, showValue(codebook.name), 'a text that is not empty');
  if (!isCount(codebook.size) || codebook.size > maximumCodebookSize) {
    throw invalid(`${field}.size`, showValue(codebook.size), 'an integer of 1 to 2^32');
  }
  if (codebook.hopSamples !== undefined && !isCount(codebook.hopSamples)) {
    throw invalid(`${field}.hopSamples`, showValue(codebook.hopSamples), 'an integer of at least 1, or nothing');
  }
}

function validateSegments({ segments, codebooks }: TokenSpace): void {
  const { lengthSamples, strideSamples } = (segments ?? {}) as NonNullable<TokenSpace['segments']>;
  if (!isCount(strideSamples))
    throw invalid('segments.strideSamples', showValue(strideSamples), 'an integer of at least 1');
  if (!isCount(lengthSamples) || lengthSamples < strideSamples || lengthSamples > 2 * strideSamples) {
    throw invalid(
      'segments.lengthSamples',
      showValue(lengthSamples),
      `an integer of ${strideSamples} to twice as many`,
    );
  }
  const hops = new Set(codebooks.map((codebook) => codebook.hopSamples));
  const [hop] = hops;
  if (hop === undefined || hops.size > 1) throw invalid('segments', `hops of ${[...hops].join(', ')}`, 'one hop');
  // So that the frames of a stretch that ends between two segments can be told from its length: one more, or not.
  const overlapFrames = Math.ceil(lengthSamples / hop) - Math.ceil(strideSamples / hop);
  if (overlapFrames > 1) throw invalid('segments', `${overlapFrames} frames past the stride`, 'at most 1');
}

function validateBlocks({ blockSamples, segments, codebooks }: TokenSpace): void {
  if (segments !== undefined) throw invalid('blockSamples', 'blocks beside segments', 'one of the two');
  const odd = codebooks.find(
    ({ hopSamples }) => hopSamples === undefined || (blockSamples as number) % hopSamples !== 0,
  );
  if (!isCount(blockSamples) || odd !== undefined) {
    throw invalid('blockSamples', showValue(blockSamples), 'a multiple of every hop');
  }
}

function validateWindows({ windowSamples, segments, blockSamples, codebooks }: TokenSpace): void {
  if (segments !== undefined || blockSamples !== undefined) {
    throw invalid('windowSamples', 'windows beside segments or blocks', 'one of the three');
  }
  const hops = new Set(codebooks.map((codebook) => codebook.hopSamples));
  const [hop] = hops;
  if (hop === undefined || hops.size > 1) throw invalid('windowSamples', `hops of ${[...hops].join(', ')}`, 'one hop');
  // So that the frames of a stretch that ends between two frames can be told from its length: one more, or not.
  if (!isCount(windowSamples) || windowSamples > 2 * hop) {
    throw invalid('windowSamples', showValue(windowSamples), `an integer of 1 to ${2 * hop}`);
  }
}

function validateDurations(space: TokenSpace): void {
  if (space.durations !== 'runs' && !hasSpans(space)) {
    throw invalid('durations', showValue(space.durations), '"runs", "spans", "spans-of-runs" or nothing');
  }
  const clockless = space.codebooks.find((codebook) => codebook.hopSamples === undefined);
  if (clockless !== undefined) {
    throw invalid(
      'durations',
      `${showValue(space.durations)} with ${showValue(clockless.name)}`,
      'a hop of every codebook',
    );
  }
}

/** 1 where there is no clock of the space's own. */
function alignmentOf(space: TokenSpace): number {
  return space.codebooks.some((codebook) => codebook.hopSamples === undefined) ? 1 : (alignmentSamples(space) ?? 1);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function invalid(field: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `The token space is invalid in ${field}`,
    found,
    wanted,
    remedy: 'Correct the token space where it is made',
    details: { argument: 'tokenSpace' },
  });
}
