import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spaceOf } from '../../test/support/arbitrary-grids.ts';
import { anyMerges } from '../../test/support/naive-byte-pairs.ts';
import { bytesSource } from '../bytes/byte-source.ts';
import { toLittleEndianBytes } from '../bytes/little-endian.ts';
import { isSpeechTokensError } from '../errors/speech-tokens-error.ts';
import { buildSafetensorsHeader, type SafetensorsLayout } from '../safetensors/build-safetensors-header.ts';
import { readSafetensorsHeader } from '../safetensors/read-safetensors-header.ts';
import { mergeRepeats } from '../transforms/merge-repeats.ts';
import type { BytePairMerges } from './byte-pair-merges.ts';
import { buildMergesFile, readMergesFile } from './merges-file.ts';

const merges: BytePairMerges = { unitCount: 16, pairs: Uint32Array.of(1, 2, 16, 0) };
const tokenSpace = mergeRepeats.outputSpace(spaceOf([4]));

test('a file gives back what it was made of', async () => {
  const whole = { merges, tokenSpace, generator: 'test 1' };
  expect(await readMergesFile(bytesSource(buildMergesFile(whole)))).toEqual(whole);
  expect(await readMergesFile(bytesSource(buildMergesFile({ merges })))).toEqual({
    merges,
    generator: '@speech-tokens/core',
  });
  await fc.assert(
    fc.asyncProperty(anyMerges, async (any) => {
      expect((await readMergesFile(bytesSource(buildMergesFile({ merges: any })))).merges).toEqual(any);
    }),
  );
});

test('the form is the documented one', async () => {
  const header = await readSafetensorsHeader(bytesSource(buildMergesFile({ merges })));
  expect(Object.fromEntries(header.metadata)).toMatchObject({
    format: 'speech-tokens-byte-pairs',
    format_version: '1',
    unit_count: '16',
  });
  expect([...header.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
    ['pairs', 'U32', [2, 2]],
  ]);
});

test('merges that are none are not written', () => {
  expect(() => buildMergesFile({ merges: { unitCount: 1, pairs: Uint32Array.of(1, 0) } })).toThrow(/not there yet/);
});

describe('files that are not right', () => {
  const good = { format: 'speech-tokens-byte-pairs', format_version: '1', unit_count: '16' };
  const make = (
    changes: Record<string, string | undefined>,
    layout: SafetensorsLayout = { name: 'pairs', dtype: 'U32', shape: [2, 2] },
    pairs = merges.pairs,
  ): Uint8Array => {
    const texts = Object.entries({ ...good, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const header = buildSafetensorsHeader([layout], new Map(texts));
    const file = new Uint8Array(header.fileSizeBytes);
    file.set(header.bytes);
    file.set(toLittleEndianBytes(pairs).subarray(0, file.length - header.bytes.length), header.bytes.length);
    return file;
  };

  test('the file that the others change is right', async () => {
    expect((await readMergesFile(bytesSource(make({ future: 'x' })))).merges).toEqual(merges);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['no safetensors', new TextEncoder().encode('{"model": {}}'), /not a safetensors file|cut off in its header/],
    [
      'tokens',
      make({ format: 'speech-tokens' }),
      /not one of merges .*found speech-tokens, wanted speech-tokens-byte-pairs/,
    ],
    ['no format', make({ format: undefined }), /found no format/],
    ['a later version', make({ format_version: '2' }), /found 2, wanted 1\. Upgrade/],
    ['no units', make({ unit_count: undefined }), /how many units there are .*found NaN/],
    ['units in words', make({ unit_count: 'many' }), /found NaN/],
    ['fewer units than the pairs have', make({ unit_count: '2' }), /Merge 0 is of a token that is not there yet/],
    ['no pairs', make({}, { name: 'other', dtype: 'U32', shape: [2, 2] }), /found no such tensor/],
    [
      'pairs of three',
      make({}, { name: 'pairs', dtype: 'U32', shape: [1, 3] }),
      /found U32 \[1, 3\], wanted U32 \[merges, 2\]/,
    ],
    ['pairs in a list', make({}, { name: 'pairs', dtype: 'U32', shape: [4] }), /found U32 \[4\]/],
    ['pairs of floats', make({}, { name: 'pairs', dtype: 'F32', shape: [2, 2] }), /found F32/],
    ['a token space that is not JSON', make({ token_space: '{' }), /contradicts itself/],
    ['a token space that is none', make({ token_space: '{}' }), /contradicts itself.*invalid in id/],
    ['a token space that is too long', make({ token_space: ' '.repeat(4_000_001) }), /4000001 characters/],
  ])('%s', async (_name, file, message) => {
    const error = await readMergesFile(bytesSource(file, 'a.safetensors')).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'merges-invalid', details: { path: 'a.safetensors' } });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain('(a.safetensors)');
  });

  test('never fail otherwise, whichever bytes are changed', async () => {
    const bytes = buildMergesFile({ merges, tokenSpace });
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(bytes.length),
        async (changes, length) => {
          const damaged = bytes.slice(0, changes.length === 4 ? length : bytes.length);
          for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
          try {
            await readMergesFile(bytesSource(damaged));
          } catch (error) {
            if (!isSpeechTokensError(error, 'merges-invalid')) throw error;
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
