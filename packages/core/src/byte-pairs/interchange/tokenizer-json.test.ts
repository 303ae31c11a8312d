import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorOf } from '../../../test/support/failures.ts';
import { anyMerges } from '../../../test/support/naive-byte-pairs.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import type { BytePairMerges } from '../byte-pair-merges.ts';
import { bytePairsFromTokenizerJson, type TokenizerJsonOptions } from './read-tokenizer-json.ts';
import { bytePairsToTokenizerJson } from './write-tokenizer-json.ts';

const mergesOf = (unitCount: number, ...pairs: number[]): BytePairMerges => ({
  unitCount,
  pairs: Uint32Array.from(pairs),
});
// Units 0 to 3 are 一 丁 丂 七.
const good = {
  version: '1.0',
  added_tokens: [{ id: 0, content: '<pad>', special: true }] as unknown[],
  model: {
    type: 'BPE',
    vocab: { '<pad>': 0, 一: 1, 丁: 2, 丂: 3, 丁丂: 4, 一丁丂: 5 } as Record<string, unknown>,
    merges: [
      ['丁', '丂'],
      ['一', '丁丂'],
    ] as unknown,
  } as Record<string, unknown>,
} as Record<string, unknown> & { model: Record<string, unknown> };
const fileWith = (file: Record<string, unknown>, model: Record<string, unknown> = {}): string =>
  JSON.stringify({ ...good, ...file, model: { ...good.model, ...model } });
const read = (text: string, options: Partial<TokenizerJsonOptions> = {}) =>
  bytePairsFromTokenizerJson(text, { unitCount: 4, ...options });

test('the file that the others change is read: our ids, and its own', () => {
  const { merges, vocabularyIds } = read(JSON.stringify(good));
  expect(merges).toEqual(mergesOf(4, 1, 2, 0, 4));
  // Unit 3 (七) is not in the file.
  expect([...vocabularyIds]).toEqual([1, 2, 3, -1, 4, 5]);
  expect(read(fileWith({}, { merges: ['丁 丂', '一 丁丂'] })).merges).toEqual(merges);
});

test('what is written is read again', () => {
  fc.assert(
    fc.property(anyMerges, fc.constantFrom(undefined, 0xe000, 0x20000), (merges, firstCodePoint) => {
      const characters = firstCodePoint === undefined ? {} : { firstCodePoint };
      let text: string;
      try {
        ({ text } = bytePairsToTokenizerJson(merges, characters));
      } catch (error) {
        // Such merges as no training gives may make one text in two ways.
        expect(error).toMatchObject({ code: 'merges-invalid', message: expect.stringMatching(/same units/) as string });
        return;
      }
      const again = bytePairsFromTokenizerJson(text, { unitCount: merges.unitCount, ...characters });
      expect(again.merges).toEqual(merges);
      expect([...again.vocabularyIds]).toEqual(Array.from(again.vocabularyIds, (_, id) => id));
    }),
    { numRuns: 300 },
  );
});

test('warnings come as data', () => {
  expect(bytePairsToTokenizerJson(mergesOf(4, 1, 2)).warnings).toEqual([]);
  expect(bytePairsToTokenizerJson(mergesOf(21_000, 1, 2)).warnings).toMatchObject([{ code: 'beyond-cjk' }]);
});

describe('merges that have no tokenizer.json', () => {
  // Unit 0 twice, four times, … 32,768 times, and that with each unit behind it.
  const doubled = Array.from({ length: 15 }, (_, rank) => (rank === 0 ? [0, 0] : [1099 + rank, 1099 + rank])).flat();
  const oneMore = Array.from({ length: 1100 }, (_, unit) => [1114, unit]).flat();
  test.each<[string, BytePairMerges, RegExp]>([
    ['more units than characters', mergesOf(65_536, 1, 2), /reach the surrogates/],
    [
      'two tokens of the same units',
      mergesOf(3, 0, 1, 3, 2, 1, 2, 0, 5),
      /Two tokens stand for the same units: found 4 and 6/,
    ],
    ['tokens that are too long', mergesOf(1100, ...doubled, ...oneMore), /too long as text: found 36112534 characters/],
  ])('%s', (_name, merges, message) => {
    expect(errorOf(() => bytePairsToTokenizerJson(merges)).message).toMatch(message);
  });
});

describe('inert parts are taken', () => {
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: true };
  test.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['nothing at all', { version: undefined, added_tokens: undefined }, { type: undefined }],
    [
      'no dropout',
      {},
      { dropout: 0, continuing_subword_prefix: '', end_of_word_suffix: '', unk_token: '<unk>', fuse_unk: true },
    ],
    ['a decoder', { decoder: { type: 'ByteLevel' } }],
    ['forms that ideographs do not have', { normalizer: { type: 'NFKC' } }],
    ['a sequence of them', { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFD' }, { type: 'NFC' }] } }],
    ['Metaspace as codec-bpe has it', { pre_tokenizer: metaspace }],
    [
      'Metaspace of older versions',
      { pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: false } },
    ],
    [
      'splits at blanks',
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] } },
    ],
  ])('%s', (_name, file, model) => {
    expect(read(fileWith(file, model)).merges).toEqual(mergesOf(4, 1, 2, 0, 4));
  });
});

describe('what would give other ids is refused, by its name', () => {
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' };
  test.each<[string, Record<string, unknown>, Record<string, unknown>, RegExp]>([
    ['another model', {}, { type: 'WordPiece' }, /found "WordPiece", wanted "BPE"/],
    ['dropout', {}, { dropout: 0.1 }, /asks for dropout, which is not done here: found 0.1, wanted null/],
    ['continuing_subword_prefix', {}, { continuing_subword_prefix: '##' }, /found "##"/],
    ['end_of_word_suffix', {}, { end_of_word_suffix: '</w>' }, /found "<\/w>"/],
    ['byte_fallback', {}, { byte_fallback: true }, /found true, wanted false/],
    ['ignore_merges', {}, { ignore_merges: true }, /found true/],
    ['truncation', { truncation: { max_length: 5 } }, {}, /truncation/],
    ['padding', { padding: { strategy: 'BatchLongest' } }, {}, /padding/],
    ['post_processor', { post_processor: { type: 'TemplateProcessing' } }, {}, /found "TemplateProcessing"/],
    ['normalizer', { normalizer: { type: 'Lowercase' } }, {}, /found "Lowercase", wanted null/],
    [
      'normalizer',
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Replace' }] } },
      {},
      /"Replace"/,
    ],
    ['normalizer', { normalizer: { type: 'Sequence' } }, {}, /"Sequence"/],
    ['normalizer', { normalizer: 'NFC' }, {}, /found "NFC"/],
    ['pre_tokenizer', { pre_tokenizer: { type: 'ByteLevel' } }, {}, /found "ByteLevel"/],
    ['pre_tokenizer', { pre_tokenizer: metaspace }, {}, /found "Metaspace".*Metaspace that never prepends/],
    ['pre_tokenizer', { pre_tokenizer: { ...metaspace, prepend_scheme: undefined } }, {}, /found "Metaspace"/],
    [
      'pre_tokenizer',
      { pre_tokenizer: { ...metaspace, prepend_scheme: 'never', replacement: '丁' } },
      {},
      /"Metaspace"/,
    ],
    [
      'added_tokens',
      { added_tokens: [{ content: '<s>' }, { content: '丁丁' }] },
      {},
      /found "丁丁", wanted added tokens that no units can spell/,
    ],
    ['added_tokens', { added_tokens: [null] }, {}, /found null/],
    ['added_tokens', { added_tokens: 'x' }, {}, /found "x"/],
  ])('%s', (feature, file, model, message) => {
    const error = errorOf(() => read(fileWith(file, model), { path: 'a.json' }));
    expect(error).toMatchObject({ code: 'merges-invalid', details: { feature, path: 'a.json' } });
    expect(error.message.replace(' (a.json)', '')).toMatch(message);
  });

  test('normalizers where characters lie beyond the CJK block', () => {
    const text = fileWith({ normalizer: { type: 'NFC' } });
    expect(read(text, { unitCount: 20_992 }).merges.unitCount).toBe(20_992);
    expect(errorOf(() => read(text, { unitCount: 20_993 }))).toMatchObject({ details: { feature: 'normalizer' } });
  });
});

describe('files that are not right', () => {
  const vocab = good.model['vocab'] as object;
  test.each<[string, string, RegExp]>([
    ['no JSON', '{', /not JSON/],
    ['a list', '[]', /no tokenizer: found a list/],
    ['no model', '{"version":"1.0"}', /no tokenizer/],
    ['another version', fileWith({ version: '2.0' }), /another version of the format: found "2.0"/],
    ['no vocabulary', fileWith({}, { vocab: null }), /no vocabulary: found null/],
    ['a vocabulary in a list', fileWith({}, { vocab: [] }), /no vocabulary: found a list/],
    ['an id that is none', fileWith({}, { vocab: { ...vocab, 七: -1 } }), /The id of "七" is none: found -1/],
    ['no merges', fileWith({}, { merges: undefined }), /no merges: found undefined/],
    ['a merge of three', fileWith({}, { merges: ['丁 丂 一'] }), /Merge 0 is none: found "丁 丂 一"/],
    ['a merge of nothing', fileWith({}, { merges: [['', '丁']] }), /Merge 0 is none/],
    ['a merge of numbers', fileWith({}, { merges: [[1, 2]] }), /Merge 0 is none: found a list/],
    [
      'characters of no unit',
      fileWith({}, { merges: ['a b'] }),
      /Merge 0 is of a character of no unit: found U\+0061, wanted U\+4E00 to U\+4E03.*first character/,
    ],
    [
      'tokens before they are made',
      fileWith({}, { merges: ['一 丁丂', '丁 丂'] }),
      /a token that no merge before it makes: found "丁丂"/,
    ],
    ['tokens without an id', fileWith({}, { merges: ['丂 丁'] }), /does not have: found "丂丁"/],
    [
      'one token in two ways',
      fileWith({}, { vocab: { ...vocab, 一丁: 9 }, merges: ['丁 丂', '一 丁', '一 丁丂', '一丁 丂'] }),
      /A token is made in two ways: found "一丁丂", by merge 3 too/,
    ],
  ])('%s', (_name, text, message) => {
    const error = errorOf(() => read(text, { path: 'a.json' }));
    expect(error).toMatchObject({ code: 'merges-invalid', details: { path: 'a.json' } });
    expect(error.message.replace(' (a.json)', '')).toMatch(message);
    expect(error.message).toContain('(a.json)');
  });

  test('too large ones', () => {
    expect(errorOf(() => read(' '.repeat(2 ** 25 + 1))).message).toMatch(/too large: found 33554433 characters/);
    expect(errorOf(() => read('{}', { unitCount: 40_000 }))).toMatchObject({ code: 'argument-invalid' });
  });

  test('a name of the language itself is a token like others', () => {
    const text = fileWith({}).replace('"<pad>":0', '"__proto__":0,"constructor":6');
    expect(read(text).merges).toEqual(mergesOf(4, 1, 2, 0, 4));
  });

  test('never fail otherwise, whatever is changed', () => {
    const anyPart = fc.oneof(
      fc.anything(),
      fc.constantFrom('BPE', '丁', '丁 丂', 0, 1),
      fc.array(fc.array(fc.constantFrom('一', '丁', '丂', 'x'))),
    );
    const fields = fc.constantFrom('version', 'added_tokens', 'normalizer', 'pre_tokenizer', 'model', 'truncation');
    const parts = fc.constantFrom('type', 'vocab', 'merges', 'dropout', 'byte_fallback');
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(fields, anyPart).map(([field, value]) => toText({ ...good, [field]: value })),
      fc.tuple(parts, anyPart).map(([part, value]) => toText({ ...good, model: { ...good.model, [part]: value } })),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const { merges } = read(text);
          expect(merges.unitCount).toBe(4);
        } catch (error) {
          if (!isSpeechTokensError(error, 'merges-invalid')) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** JSON of anything: what it cannot hold is left out. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? Number(member) : member));
}
