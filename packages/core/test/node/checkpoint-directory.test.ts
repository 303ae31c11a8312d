import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSpeechTokensError, type ModelFile } from '../../src/index.ts';
import { withCheckpointDirectory } from '../../src/node/index.ts';
import { hubFile, sha256, someBytes } from './helpers/local-hub.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { failureOf, testStore } from './helpers/test-store.ts';

const bytes = someBytes(5000);
const weightNames = ['model.safetensors', 'model.safetensors.index.json', 'pytorch_model.bin'];
const weights = hubFile('pytorch_model.bin', { checkpointNames: weightNames });
const models: readonly ModelFile[] = [hubFile('config.json'), weights];
const shards = { 'a.safetensors': someBytes(300, 1), 'b.safetensors': someBytes(400, 2) };
const index = { weight_map: { first: 'a.safetensors', second: 'b.safetensors', third: 'a.safetensors' } };

async function folderOf(files: Readonly<Record<string, Uint8Array | object>>) {
  const root = await temporaryFolder();
  const folder = join(root, 'mine');
  await mkdir(folder);
  const write = async (more: Readonly<Record<string, Uint8Array | object>>): Promise<void> => {
    for (const [name, content] of Object.entries(more)) {
      await writeFile(join(folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));
    }
  };
  await write(files);
  const store = withCheckpointDirectory(testStore(root, { offline: true }), folder, models);
  return { root, folder, write, resolve: () => store.resolve(weights) };
}

test('a checkpoint folder stands in for the files of one component, whatever their hashes', async () => {
  const { root, folder } = await folderOf({ 'model.safetensors': bytes });
  const declared = [hubFile('model.safetensors', { sha256: '0'.repeat(64), sizeBytes: 9 })];
  const store = withCheckpointDirectory(testStore(root, { offline: true }), folder, declared);
  const path = join(folder, 'model.safetensors');
  expect(await store.resolve(declared[0]!)).toEqual({ path, sha256: sha256(bytes), sizeBytes: bytes.length });
  const other = await failureOf(store.resolve(hubFile('other.bin')));
  expect(isSpeechTokensError(other, 'model-offline')).toBe(true);
  await rm(path);
  const error = await failureOf(store.resolve(declared[0]!));
  expect(isSpeechTokensError(error, 'model-missing') && error.details.path).toBe(path);
});

test('of the names that weights may have, the first that is there counts', async () => {
  const { folder, write, resolve } = await folderOf({ 'pytorch_model.bin': bytes });
  expect(await resolve()).toMatchObject({ path: join(folder, 'pytorch_model.bin'), sha256: sha256(bytes) });
  await write({ ...shards, 'model.safetensors.index.json': index });
  expect((await resolve()).path).toBe(join(folder, 'model.safetensors.index.json'));
  await write({ 'model.safetensors': someBytes(50) });
  expect(await resolve()).toMatchObject({ path: join(folder, 'model.safetensors'), sizeBytes: 50 });
  // A folder of that name is no file.
  await rm(join(folder, 'model.safetensors'));
  await mkdir(join(folder, 'model.safetensors'));
  expect((await resolve()).path).toBe(join(folder, 'model.safetensors.index.json'));
});

test('an index stands for its files: their bytes count, those of others do not', async () => {
  const { write, resolve } = await folderOf({ ...shards, 'model.safetensors.index.json': index });
  const first = await resolve();
  expect(first.sizeBytes).toBe(700 + JSON.stringify(index).length);
  await write({ 'c.safetensors': bytes });
  expect(await resolve()).toEqual(first);
  await write({ 'b.safetensors': someBytes(400, 3) });
  const second = await resolve();
  expect(second).toEqual({ ...first, sha256: second.sha256 });
  expect(second.sha256).not.toBe(first.sha256);
  await write({ 'a.safetensors': shards['b.safetensors'], 'b.safetensors': shards['a.safetensors'] });
  expect((await resolve()).sha256).not.toBe(first.sha256);
  // What it was comes back with its bytes, under another time.
  await write(shards);
  expect(await resolve()).toEqual(first);
});

test('an index that is a link, as in caches of the hub, stays where its files are beside it', async () => {
  const { folder, root, resolve } = await folderOf({});
  await mkdir(join(root, 'blobs'));
  const files = { ...shards, 'model.safetensors.index.json': Buffer.from(JSON.stringify(index)) };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(root, 'blobs', sha256(content)), content);
    await symlink(join('..', 'blobs', sha256(content)), join(folder, name));
  }
  expect((await resolve()).path).toBe(join(folder, 'model.safetensors.index.json'));
});

test('a file that an index names and that is not there is named', async () => {
  const { folder, resolve } = await folderOf({
    'a.safetensors': shards['a.safetensors'],
    'model.safetensors.index.json': index,
  });
  const error = await failureOf(resolve());
  expect(isSpeechTokensError(error, 'model-missing') && error.details.path).toBe(join(folder, 'b.safetensors'));
  expect(error.message).toContain('b.safetensors, which model.safetensors.index.json names');
  await mkdir(join(folder, 'b.safetensors'));
  await expect(resolve()).rejects.toMatchObject({
    code: 'file-read',
    message: `${join(folder, 'b.safetensors')}: A folder, not a file. Give the path of a file.`,
  });
});

test('a folder without the file says what was looked for and what is there', async () => {
  const { folder, write, resolve } = await folderOf({});
  const messageOf = async (): Promise<string> => {
    const error = await failureOf(resolve());
    expect(isSpeechTokensError(error, 'model-missing') && error.details.path).toBe(join(folder, 'model.safetensors'));
    return error.message;
  };
  const wanted = 'wanted model.safetensors, model.safetensors.index.json or pytorch_model.bin';
  expect(await messageOf()).toContain(
    `The checkpoint folder ${folder} lacks a file of the model: found an empty folder, ${wanted}. Put all files of the checkpoint there: config.json, pytorch_model.bin;`,
  );
  await write({ 'config.json': {}, 'weights.ckpt': bytes });
  expect(await messageOf()).toContain(`found config.json, weights.ckpt, ${wanted}`);
  await write(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`checkpoint-${i}`, bytes])));
  expect(await messageOf()).toMatch(/found checkpoint-0, .* and 20 more, wanted/);
});

test('a folder that is none is named, and names do not lead out of it', async () => {
  const { root, folder } = await folderOf({ 'model.safetensors': bytes });
  await writeFile(join(root, 'secret'), 'x');
  const withFolder = (path: string, all = models) => withCheckpointDirectory(testStore(root), path, all);
  const nowhere = await failureOf(withFolder(join(root, 'nowhere')).resolve(weights));
  expect(nowhere.message).toMatch(/nowhere cannot be used: found a path that does not exist, wanted a folder/);
  const file = await failureOf(withFolder(join(folder, 'model.safetensors')).resolve(weights));
  expect(file.message).toContain('found a file, not a folder');
  for (const escaping of [hubFile('x', { name: '../secret' }), hubFile('x', { checkpointNames: ['../secret'] })]) {
    const error = await failureOf(withFolder(folder, [escaping]).resolve(escaping));
    expect(isSpeechTokensError(error, 'argument-invalid')).toBe(true);
  }
});

test('any index gives weights or a typed error', async () => {
  const { folder, write, resolve } = await folderOf(shards);
  await mkdir(join(folder, 'mine'));
  const file = fc.constantFrom<unknown>(
    'a.safetensors',
    'b.safetensors',
    '..',
    '',
    null,
    'c',
    'mine',
    '__proto__',
    'a\0',
  );
  const json = fc.oneof(
    fc.dictionary(fc.string(), file, { maxKeys: 3 }).map((weight_map) => JSON.stringify({ weight_map })),
    fc.json({ maxDepth: 3 }).map((text) => `{"weight_map": ${text}}`),
    fc.string(),
  );
  let resolved = 0;
  await fc.assert(
    fc.asyncProperty(json, async (text) => {
      await write({ 'model.safetensors.index.json': Buffer.from(text) });
      const error = await resolve().then(
        () => void resolved++,
        (error: unknown) => error,
      );
      const codes = ['checkpoint-invalid', 'model-missing', 'file-read'] as const;
      if (error !== undefined && !codes.some((code) => isSpeechTokensError(error, code))) throw error;
    }),
    { numRuns: 200 },
  );
  expect(resolved).toBeGreaterThan(0);
});
