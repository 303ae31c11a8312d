import { symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { isSpeechTokensError, type ModelFile } from '../../src/index.ts';
import { sha256, someBytes } from './helpers/local-hub.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const bytes = someBytes(5000);

async function bundled(folder: string, more: Partial<ModelFile> = {}): Promise<ModelFile> {
  const path = join(folder, 'weights.bin');
  await writeFile(path, bytes);
  return { name: 'weights.bin', licence: 'MIT', source: { type: 'bundled', url: pathToFileURL(path).href }, ...more };
}

test('a bundled file is checked and used where it is', async () => {
  const folder = await temporaryFolder();
  const file = await bundled(folder, { sha256: sha256(bytes), sizeBytes: bytes.length });
  const resolved = await testStore(folder, { offline: true }).resolve(file);
  expect(resolved).toEqual({ path: join(folder, 'weights.bin'), sha256: sha256(bytes), sizeBytes: bytes.length });
});

test('is read only once as long as it does not change, and again when it does', async () => {
  const folder = await temporaryFolder();
  const file = await bundled(folder, { sha256: sha256(bytes) });
  const path = join(folder, 'weights.bin');
  const stages: string[] = [];
  const onProgress = ({ stage }: { readonly stage: string }): number => stages.push(stage);
  await testStore(folder).resolve(file, { onProgress });
  expect(stages).toContain('Checking weights.bin');
  stages.length = 0;
  await testStore(folder).resolve(file, { onProgress });
  expect(stages).toEqual([]);
  await writeFile(path, someBytes(5000, 3));
  const error = await failureOf(testStore(folder).resolve(file, { onProgress }));
  expect(isSpeechTokensError(error, 'model-corrupt')).toBe(true);
  expect(stages).not.toEqual([]);
});

test('a change that keeps the size is seen by its time', async () => {
  const folder = await temporaryFolder();
  const file = await bundled(folder);
  const path = join(folder, 'weights.bin');
  await testStore(folder).resolve(file);
  await writeFile(path, someBytes(5000, 3));
  await utimes(path, 1000, 1000);
  expect((await testStore(folder).resolve(file)).sha256).toBe(sha256(someBytes(5000, 3)));
});

test('works where the cache cannot be written to', async () => {
  const folder = await temporaryFolder();
  const file = await bundled(folder, { sha256: sha256(bytes) });
  await writeFile(join(folder, 'a-file'), '');
  const store = testStore(folder, { cacheDirectory: join(folder, 'a-file', 'cache') });
  expect((await store.resolve(file)).sha256).toBe(sha256(bytes));
});

test.each([
  ['sizeBytes', { sizeBytes: 4999 }, 'found 5000 bytes, wanted 4999 bytes'],
  ['sha256', { sha256: '0'.repeat(64) }, 'wanted SHA-256 0000'],
])('a wrong %s is an error that says what was found', async (_, more, message) => {
  const folder = await temporaryFolder();
  const error = await failureOf(testStore(folder).resolve(await bundled(folder, more)));
  expect(isSpeechTokensError(error, 'model-corrupt')).toBe(true);
  expect(error.message).toContain(message);
  expect(error.message).toContain('Install the package of the plugin again');
});

test('a file that is not there is an error that names it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'none.bin');
  const error = await failureOf(
    testStore(folder).resolve({ name: 'none.bin', licence: 'MIT', source: { type: 'path', path } }),
  );
  expect(isSpeechTokensError(error, 'model-missing') && error.details.path).toBe(path);
});

test('a bundled address that is not of a file is refused', async () => {
  const folder = await temporaryFolder();
  const source = { type: 'bundled', url: 'https://example.org/x' } as const;
  const error = await failureOf(testStore(folder).resolve({ name: 'x', licence: 'MIT', source }));
  expect(isSpeechTokensError(error, 'argument-invalid')).toBe(true);
});

test('gives the real path of a link', async () => {
  const folder = await temporaryFolder();
  await bundled(folder);
  await symlink(join(folder, 'weights.bin'), join(folder, 'link.bin'));
  const source = { type: 'path', path: join(folder, 'link.bin') } as const;
  const resolved = await testStore(folder).resolve({ name: 'x', licence: 'MIT', source });
  expect(resolved.path).toBe(join(folder, 'weights.bin'));
});
