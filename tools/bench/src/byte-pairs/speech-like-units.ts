import { createRandom } from '@speech-tokens/core';

export interface UnitSettings {
  readonly unitCount: number;
  /** Units of all recordings together, at least. */
  readonly total: number;
  readonly seed: string;
}

/** Units in one recording: 10 to 40 s at 27 units/s, what is left of 50 when repeats are merged. */
const recordingUnits = { least: 270, most: 1080 };
const wordCount = 20_000;
const phoneCount = 45;

/**
 * Recordings of units with the statistics of speech: words by Zipf's law, of three to nine phones each; a phone comes in
 * a few forms, of one to three units; and every twelfth unit is another one. Repeats are merged.
 */
export function speechLikeUnits({ unitCount, total, seed }: UnitSettings): Uint32Array[] {
  const random = createRandom(seed);
  const forms = Array.from({ length: phoneCount }, () =>
    Array.from({ length: 6 }, () =>
      Array.from({ length: 1 + random.nextInteger(3) }, () => random.nextInteger(unitCount)),
    ),
  );
  const words = Array.from({ length: wordCount }, () =>
    Array.from({ length: 3 + random.nextInteger(7) }, () => random.nextInteger(phoneCount)),
  );
  // By the inverse of the sum of 1/rank, which is about its logarithm.
  const drawWord = (): readonly number[] => words[Math.floor(wordCount ** random.nextUnit()) - 1]!;
  const drawForm = (phone: number): readonly number[] => {
    const [first, second] = [random.nextInteger(6), random.nextInteger(6)];
    return forms[phone]![Math.min(first, second)]!;
  };
  const recordings: Uint32Array[] = [];
  for (let made = 0; made < total; ) {
    const length = recordingUnits.least + random.nextInteger(recordingUnits.most - recordingUnits.least + 1);
    const units = new Uint32Array(length);
    let filled = 0;
    while (filled < length) {
      for (const phone of drawWord()) {
        for (const usual of drawForm(phone)) {
          const unit = random.nextInteger(12) === 0 ? random.nextInteger(unitCount) : usual;
          if (filled < length && units[filled - 1] !== unit) units[filled++] = unit;
        }
      }
    }
    recordings.push(units);
    made += length;
  }
  return recordings;
}
