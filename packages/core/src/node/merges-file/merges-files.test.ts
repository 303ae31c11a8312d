import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spaceOf } from '../../../test/support/arbitrary-grids.ts';
import { readMergesFileAt, writeMergesFile } from './merges-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'speech-tokens-merges-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const merges = { unitCount: 16, pairs: Uint32Array.of(1, 2, 16, 0) };

test('merges on disk come back, with the space of their units', async () => {
  const path = join(folder, 'units.bpe.safetensors');
  const file = { merges, tokenSpace: spaceOf([4]), generator: 'test 1' };
  const sizeBytes = await writeMergesFile(path, file);
  expect(sizeBytes).toBeGreaterThan(merges.pairs.byteLength);
  expect(await readMergesFileAt(path)).toEqual(file);
  expect(await readdir(folder)).toEqual(['units.bpe.safetensors']);
});

test('what cannot be read or written is said, and nothing is left behind', async () => {
  const path = join(folder, 'none.safetensors');
  await expect(readMergesFileAt(path)).rejects.toMatchObject({ code: 'file-read' });
  await writeFile(path, 'no merges at all');
  await expect(readMergesFileAt(path)).rejects.toMatchObject({ code: 'merges-invalid', details: { path } });
  const odd = { unitCount: 16, pairs: Uint32Array.of(99, 99) };
  await expect(writeMergesFile(join(folder, 'odd'), { merges: odd })).rejects.toMatchObject({ code: 'merges-invalid' });
  await expect(writeMergesFile(join(folder, 'missing', 'a'), { merges })).rejects.toMatchObject({ code: 'file-write' });
  expect(await readdir(folder)).toEqual(['none.safetensors']);
});
