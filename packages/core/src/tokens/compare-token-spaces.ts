import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { TokenSpace } from './token-space.ts';
import { tokenSpaceToJson } from './token-space-json.ts';

/** Whether two token spaces are the same in every field, and so are the spaces that they are derived from. */
export function tokenSpacesEqual(a: TokenSpace, b: TokenSpace): boolean {
  return a === b || JSON.stringify(tokenSpaceToJson(a)) === JSON.stringify(tokenSpaceToJson(b));
}

/**
 * Asserts that tokens fit a part.
 * @param what what was found, for the message, for example `The grid`
 * @throws SpeechTokensError `token-space-mismatch` where the ids differ, and where the ids are equal but the spaces are
 * not: then one side calls its space by the name of another
 */
export function assertTokenSpace(found: TokenSpace, wanted: TokenSpace, what = 'The grid'): void {
  if (tokenSpacesEqual(found, wanted)) return;
  const sameId = found.id === wanted.id;
  throw new SpeechTokensError('token-space-mismatch', {
    problem: sameId
      ? `${what} has the id of the wanted token space, but not its fields`
      : `${what} is of another token space`,
    found: sameId ? describe(found) : JSON.stringify(found.id),
    wanted: sameId ? describe(wanted) : JSON.stringify(wanted.id),
    remedy: sameId
      ? `Two versions of the component ${JSON.stringify(wanted.id)} differ; make and use the tokens with the same one`
      : 'Use the tokenizer and the detokenizer (or model) that belong together, or undo the transform between them',
    details: { foundId: found.id, wantedId: wanted.id },
  });
}

function describe(space: TokenSpace): string {
  const codebooks = space.codebooks.map(({ name, size, hopSamples }) => `${name}: ${size} ids, hop ${hopSamples}`);
  const shown = codebooks.length > 4 ? [...codebooks.slice(0, 4), `and ${codebooks.length - 4} more`] : codebooks;
  const { lengthSamples, strideSamples } = space.segments ?? {};
  const segments = lengthSamples === undefined ? '' : `segments of ${lengthSamples} every ${strideSamples} samples, `;
  const blocks = space.blockSamples === undefined ? '' : `blocks of ${space.blockSamples} samples, `;
  const windows = space.windowSamples === undefined ? '' : `windows of ${space.windowSamples} samples, `;
  const flags = `${space.prefixDecodable ? '' : 'not '}prefix-decodable, durations ${space.durations ?? 'none'}`;
  return `${space.sampleRateHz} Hz, ${segments}${blocks}${windows}${flags}, derived by ${space.derivedFrom?.transform ?? 'nothing'}, (${shown.join('; ')})`;
}
