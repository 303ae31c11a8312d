// Merges and ids that Hugging Face tokenizers gave, written by tools/reference/make_byte_pairs.py.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  bytePairsFromTokenizerJson,
  bytePairsToTokenizerJson,
  createBytePairCoder,
  trainBytePairs,
  unitsToText,
} from '../src/index.ts';

interface GoldenCase {
  readonly name: string;
  readonly unitCount: number;
  readonly firstCodePoint: number;
  readonly minFrequency: number;
  readonly tokens: number;
  readonly maximumTokenUnits?: number;
  readonly recordings: readonly (readonly number[])[];
  readonly merges: readonly number[];
  readonly encodings: readonly { readonly units: readonly number[]; readonly ids: readonly number[] }[];
  readonly fileIds?: readonly (readonly number[])[];
  readonly tokenizerJson?: string;
}

const path = new URL('./golden/byte-pairs.json', import.meta.url);
const { cases } = JSON.parse(await readFile(path, 'utf8')) as { readonly cases: readonly GoldenCase[] };
const filed = cases.filter((one) => one.tokenizerJson !== undefined) as readonly Required<GoldenCase>[];

test('the golden file is there', () => {
  expect(cases.map(({ name }) => name)).toContain('speech-like');
  expect(cases.every(({ merges, encodings }) => merges.length > 10 && encodings.length === 12)).toBe(true);
  expect(filed.map(({ name }) => name)).toEqual(['codec-bpe', 'seen-only', 'large-codebook']);
});

describe.each(cases)('$name', (golden) => {
  const { unitCount, minFrequency, maximumTokenUnits, tokens, merges, encodings } = golden;
  const recordings = golden.recordings.map((units) => Uint32Array.from(units));

  test('training gives the merges of BpeTrainer', async () => {
    const limit = maximumTokenUnits === undefined ? {} : { maximumTokenUnits };
    const trained = await trainBytePairs(recordings, {
      unitCount,
      vocabularySize: unitCount + tokens,
      minFrequency,
      ...limit,
    });
    expect([...trained.pairs]).toEqual(merges);
  });

  test('encoding gives the ids of BPE', () => {
    const coder = createBytePairCoder({ unitCount, pairs: Uint32Array.from(merges) });
    for (const { units, ids } of encodings) {
      expect([...coder.encode(Uint32Array.from(units))]).toEqual(ids);
      expect([...coder.decode(Uint32Array.from(ids))]).toEqual(units);
    }
  });
});

describe.each(filed)(
  'the tokenizer.json of $name',
  ({ unitCount, firstCodePoint, merges, tokenizerJson, ...golden }) => {
    const characters = { unitCount, firstCodePoint };

    test('is read, with its own ids', () => {
      const read = bytePairsFromTokenizerJson(tokenizerJson, characters);
      expect(read.merges).toEqual({ unitCount, pairs: Uint32Array.from(merges) });
      for (const [index, { ids }] of golden.encodings.entries()) {
        expect(ids.map((id) => read.vocabularyIds[id])).toEqual(golden.fileIds[index]);
      }
    });

    test('is read with merges in the older form too', () => {
      const file = JSON.parse(tokenizerJson) as { model: { merges: (string | readonly string[])[] } };
      expect(file.model.merges.every((merge) => Array.isArray(merge))).toBe(true);
      file.model.merges = [
        '#version: 0.2',
        ...file.model.merges.map((merge) => (merge as readonly string[]).join(' ')),
      ];
      const read = bytePairsFromTokenizerJson(JSON.stringify(file), characters);
      expect(read.merges.pairs).toEqual(Uint32Array.from(merges));
    });

    test('is written as a model of the same tokens and merges', () => {
      const { text } = bytePairsToTokenizerJson({ unitCount, pairs: Uint32Array.from(merges) }, characters);
      const [ours, theirs] = [text, tokenizerJson].map(
        (json) =>
          (JSON.parse(json) as { model: { vocab: Record<string, number>; merges: (string | string[])[] } }).model,
      ) as [{ vocab: object; merges: string[] }, { vocab: object; merges: string[][] }];
      expect(ours.merges).toEqual(theirs.merges.map((merge) => merge.join(' ')));
      const unitsAndTokens = Object.keys(theirs.vocab).filter((token) => token.codePointAt(0)! >= firstCodePoint);
      expect(Object.keys(ours.vocab)).toEqual(expect.arrayContaining(unitsAndTokens));
      expect(Object.values(ours.vocab)).toEqual(Array.from({ length: unitCount + merges.length / 2 }, (_, id) => id));
      expect(Object.keys(ours.vocab).slice(0, 2)).toEqual([...unitsToText(Uint32Array.of(0, 1), characters)]);
    });
  },
);
