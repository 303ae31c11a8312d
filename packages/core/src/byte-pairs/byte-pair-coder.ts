import { isUint32Array } from '../bytes/is-uint32-array.ts';
import { toLittleEndianBytes } from '../bytes/little-endian.ts';
import { sha256 } from '../bytes/sha256.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { showValue } from '../tokens/show-value.ts';
import { type BytePairMerges, checkMerges, vocabularySizeOf } from './byte-pair-merges.ts';
import { createUnitEncoder } from './encode-units.ts';

/** More units than one call decodes (1 GiB of them): a few tokens may stand for many. */
const maximumDecodedUnits = 2 ** 28;

/** Writes units as tokens, and back. Pure: calls leave no trace. */
export interface BytePairCoder {
  readonly merges: BytePairMerges;
  /** Ids of units and tokens together. */
  readonly vocabularySize: number;
  /** SHA-256 of `unitCount` and `pairs` as little-endian 32-bit integers, in lower-case hex. */
  readonly sha256: string;
  /** How many units an id stands for: 1 for a unit. */
  lengthOf(id: number): number;
  /**
   * The ids for the units of one recording: each merge, by rank, wherever it fits, from left to right. Time grows with the
   * number of units.
   * @throws SpeechTokensError `argument-invalid` for a unit out of range
   */
  encode(units: Uint32Array): Uint32Array<ArrayBuffer>;
  /**
   * The units that ids stand for; any ids will do, also such as `encode` never gives.
   * @throws SpeechTokensError `argument-invalid` for an id out of range, and for more than 2^28 units
   */
  decode(ids: Uint32Array): Uint32Array<ArrayBuffer>;
}

/** @throws SpeechTokensError `merges-invalid` */
export function createBytePairCoder(merges: BytePairMerges): BytePairCoder {
  const lengths = checkMerges(merges);
  // Nobody changes them under our hands.
  const { unitCount, pairs } = { unitCount: merges.unitCount, pairs: merges.pairs.slice() };
  const vocabularySize = vocabularySizeOf(merges);
  const encodeUnits = createUnitEncoder({ unitCount, pairs });
  const lengthOf = (id: number): number => (id < unitCount ? 1 : (lengths[id - unitCount] as number));
  return {
    merges: { unitCount, pairs },
    vocabularySize,
    sha256: hashOf({ unitCount, pairs }),
    lengthOf,
    encode(units) {
      checkRange(units, unitCount, 'units');
      return encodeUnits(units);
    },
    decode(ids) {
      checkRange(ids, vocabularySize, 'ids');
      let length = 0;
      for (let i = 0; i < ids.length; i++) length += lengthOf(ids[i] as number);
      if (length > maximumDecodedUnits) {
        throw invalid('ids', 'The tokens stand for too many units', `${length}`, `at most ${maximumDecodedUnits}`);
      }
      const units = new Uint32Array(length);
      let end = 0;
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as number;
        end += lengthOf(id);
        writeUnits(id, units, end);
      }
      return units;
    },
  };

  /** Writes the units of an id, so that they end before `end`. */
  function writeUnits(id: number, units: Uint32Array, end: number): void {
    let at = end;
    const waiting = [id];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      // Down the right side; what lies left of it waits.
      for (; next >= unitCount; next = pairs[2 * (next - unitCount) + 1] as number) {
        waiting.push(pairs[2 * (next - unitCount)] as number);
      }
      units[--at] = next;
    }
  }
}

function hashOf({ unitCount, pairs }: BytePairMerges): string {
  const numbers = new Uint32Array(1 + pairs.length);
  numbers[0] = unitCount;
  numbers.set(pairs, 1);
  return sha256(toLittleEndianBytes(numbers));
}

function checkRange(values: Uint32Array, bound: number, argument: 'units' | 'ids'): void {
  if (!isUint32Array(values)) {
    throw invalid(argument, 'Byte pairs work on integers', showValue(values), 'a Uint32Array');
  }
  const odd = values.findIndex((value) => value >= bound);
  if (odd < 0) return;
  const what = argument === 'units' ? 'A unit is not one of those that the merges are of' : 'An id has no token';
  throw invalid(argument, what, `${values[odd]} at ${odd}`, `0 to ${bound - 1}`);
}

function invalid(
  argument: 'units' | 'ids',
  problem: string,
  found: string,
  wanted: string,
): SpeechTokensError<'argument-invalid'> {
  const remedy =
    argument === 'units'
      ? 'Use merges of these units'
      : 'Use the merges that the ids were made with, and fewer ids at once';
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument } });
}
