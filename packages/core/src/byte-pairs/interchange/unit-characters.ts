import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { showValue } from '../../tokens/show-value.ts';

/** Which character stands for which unit. */
export interface UnitCharacters {
  /** Units are integers below it. */
  readonly unitCount: number;
  /**
   * The code point of unit 0, at least 0x4E00, which is the default: so ESPnet writes units, and codec-bpe the codes of
   * several codebooks, codebook · size + code, frame by frame (`flatten` with `idOffsets: 'codebook'`). Beyond 35,328
   * units it has to be another: codec-bpe takes 0xE000.
   */
  readonly firstCodePoint?: number;
}

/** Something that whoever uses the characters should know. */
export interface CharacterWarning {
  readonly code: 'beyond-cjk';
  /** One sentence for people. */
  readonly message: string;
}

export const defaultFirstCodePoint = 0x4e00;
/** CJK Unified Ideographs: letters to every tool, and changed by no normalization. */
const cjkEnd = 0xa000;
const surrogatesStart = 0xd800;
const surrogatesEnd = 0xe000;
const unicodeEnd = 0x110000;

/** Whether all characters lie in the block of CJK Unified Ideographs. */
export function isWithinCjk({ unitCount, firstCodePoint = defaultFirstCodePoint }: UnitCharacters): boolean {
  return firstCodePoint + unitCount <= cjkEnd;
}

/**
 * Checks that every unit has a character.
 * @returns what is to be known about them
 * @throws SpeechTokensError `argument-invalid` where they would reach the surrogates (U+D800 to U+DFFF), which are no
 * characters, or the end of Unicode
 */
export function checkUnitCharacters(characters: UnitCharacters): readonly CharacterWarning[] {
  const { unitCount, firstCodePoint = defaultFirstCodePoint } = characters;
  if (!Number.isSafeInteger(unitCount) || unitCount < 1) {
    throw invalid('unitCount', 'Characters stand for a number of units', showValue(unitCount), 'at least 1');
  }
  if (!Number.isSafeInteger(firstCodePoint) || firstCodePoint < defaultFirstCodePoint) {
    const wanted = `an integer of at least ${hex(defaultFirstCodePoint)}`;
    throw invalid('firstCodePoint', 'The first character is out of range', showValue(firstCodePoint), wanted);
  }
  const end = firstCodePoint + unitCount;
  const startsBefore = firstCodePoint < surrogatesStart;
  const limit = startsBefore ? surrogatesStart : unicodeEnd;
  if (end > limit || (!startsBefore && firstCodePoint < surrogatesEnd)) {
    throw invalid(
      'unitCount',
      startsBefore ? 'The characters of the units would reach the surrogates' : 'The units do not all have a character',
      `${unitCount} units from ${hex(firstCodePoint)} on`,
      startsBefore
        ? `at most ${limit - firstCodePoint}, up to ${hex(limit - 1)}`
        : `characters of ${hex(surrogatesEnd)} to ${hex(unicodeEnd - 1)}`,
      `Keep to integers (a merges file holds any number of units), or start at ${hex(surrogatesEnd)} as codec-bpe does`,
    );
  }
  if (isWithinCjk(characters)) return [];
  const from = Math.max(0, cjkEnd - firstCodePoint);
  return [
    {
      code: 'beyond-cjk',
      message:
        `Units from ${from} on are written as characters beyond the CJK block (${hex(firstCodePoint + from)} to ` +
        `${hex(end - 1)}): programs that normalize text, or split it at marks and symbols, may change them`,
    },
  ];
}

/**
 * Units as text, a character each.
 * @throws SpeechTokensError `argument-invalid` for a unit out of range, and as `checkUnitCharacters`
 */
export function unitsToText(units: Uint32Array, characters: UnitCharacters): string {
  checkUnitCharacters(characters);
  const { unitCount, firstCodePoint = defaultFirstCodePoint } = characters;
  const pieces: string[] = [];
  // In pieces: a call takes so many arguments and no more.
  for (let start = 0; start < units.length; start += 4096) {
    const codePoints = Array.from(units.subarray(start, start + 4096), (unit, index) => {
      if (unit < unitCount) return firstCodePoint + unit;
      throw invalid('units', 'A unit has no character', `${unit} at ${start + index}`, `0 to ${unitCount - 1}`);
    });
    pieces.push(String.fromCodePoint(...codePoints));
  }
  return pieces.join('');
}

/**
 * The units that the characters of a text stand for.
 * @throws SpeechTokensError `argument-invalid` for a character of no unit, blanks and line feeds too, and as
 * `checkUnitCharacters`
 */
export function unitsFromText(text: string, characters: UnitCharacters): Uint32Array<ArrayBuffer> {
  checkUnitCharacters(characters);
  const { unitCount, firstCodePoint = defaultFirstCodePoint } = characters;
  // At most as many as UTF-16 units.
  const units = new Uint32Array(text.length);
  let count = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) as number;
    const unit = codePoint - firstCodePoint;
    if (unit < 0 || unit >= unitCount) {
      const wanted = `${hex(firstCodePoint)} to ${hex(firstCodePoint + unitCount - 1)}`;
      throw invalid('text', 'A character stands for no unit', `${hex(codePoint)} at ${count}`, wanted);
    }
    units[count++] = unit;
  }
  return units.slice(0, count);
}

/** `U+4E00`. */
export function hex(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
}

function invalid(
  argument: string,
  problem: string,
  found: string,
  wanted: string,
  remedy = 'Give the number of units of the codebook, and the first character that was used',
): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument } });
}
