import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { isSpeechTokensError } from '../../src/index.ts';
import { commitA, commitB, hubFile, someBytes, startHub } from './helpers/local-hub.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const shards = { 'a.safetensors': someBytes(3000, 1), 'b.safetensors': someBytes(4000, 2) };
const index = new TextEncoder().encode(
  JSON.stringify({ weight_map: { x: 'a.safetensors', y: 'b.safetensors', z: 'a.safetensors' } }),
);
const indexFile = hubFile('deep/model.safetensors.index.json');
const filesAt = (commit: string, names = Object.keys(shards) as (keyof typeof shards)[]) => ({
  [`${commit}/deep/model.safetensors.index.json`]: index,
  ...Object.fromEntries(names.map((name) => [`${commit}/deep/${name}`, shards[name]])),
});

test('an index of the hub brings the files that it names, once, and of its own commit', async () => {
  const folder = await temporaryFolder();
  const { hub, storage, branches } = await startHub({ files: filesAt(commitA) });
  const store = testStore(folder, { hubEndpoint: hub.origin });
  const resolved = await store.resolve(indexFile);
  expect(resolved.path).toBe(
    join(folder, 'cache', 'hub', 'voices--tiny', commitA, 'deep', 'model.safetensors.index.json'),
  );
  expect(resolved.sizeBytes).toBe(7000 + index.length);
  for (const [name, bytes] of Object.entries(shards)) {
    expect(new Uint8Array(await readFile(join(dirname(resolved.path), name)))).toEqual(bytes);
  }
  branches['main'] = commitB;
  expect(await testStore(folder, { offline: true }).resolve(indexFile)).toEqual(resolved);
  expect(storage.sent('GET')).toHaveLength(3);
});

test('a file that an index of the hub names, and that is not there, is an error', async () => {
  const { hub } = await startHub({ files: filesAt(commitA, ['a.safetensors']) });
  const error = await failureOf(testStore(await temporaryFolder(), { hubEndpoint: hub.origin }).resolve(indexFile));
  expect(isSpeechTokensError(error, 'model-download')).toBe(true);
  expect(error.message).toContain('b.safetensors');
});

test('an index has the files that it names as its parts, once it is there', async () => {
  const { hub } = await startHub({ files: filesAt(commitA) });
  const store = testStore(await temporaryFolder(), { hubEndpoint: hub.origin });
  expect(await store.parts(indexFile)).toEqual([indexFile]);
  await store.resolve(indexFile);
  const parts = await store.parts(indexFile);
  expect(parts.map(({ source }) => source)).toEqual(
    ['deep/model.safetensors.index.json', 'deep/a.safetensors', 'deep/b.safetensors'].map((file) => ({
      ...indexFile.source,
      file,
    })),
  );
  const sizes = await Promise.all(parts.map(async (part) => (await readFile((await store.path(part))!)).length));
  expect(sizes).toEqual([index.length, 3000, 4000]);
  await writeFile((await store.path(indexFile))!, 'no index');
  await expect(store.parts(indexFile)).rejects.toMatchObject({ code: 'checkpoint-invalid' });
});
