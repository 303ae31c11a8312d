import { copyFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AudioClip, findComponent, type TokenGrid } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import plugin from '../src/index.ts';
import { pytorchFile, readTensors, type StoredTensor, safetensorsFile } from './support/checkpoint-files.ts';
import { speechLikeSamples } from './support/signals.ts';

// Whatever the authors published, weights of one's own may lie in a folder in any of the usual ways.

const golden: Readonly<Record<string, string>> = {
  'rvq:speech-16khz': 'tiny',
  'rvq:encodec-24khz': 'encodec-24khz',
  'rvq:mimi': 'mimi',
  'rvq:snac-24khz': 'snac-24khz',
  'rvq:dac-16khz': 'dac-16khz',
};
const goldenFolder = (id: string): string => fileURLToPath(new URL(`golden/${golden[id]}`, import.meta.url));

type Files = Readonly<Record<string, Uint8Array | string>>;
type Kind = readonly [what: string, write: (tensors: readonly StoredTensor[]) => Files];
const halves = (tensors: readonly StoredTensor[]) => [
  tensors.filter((_, i) => i % 2 === 0),
  tensors.filter((_, i) => i % 2 === 1),
];
const sharded = (
  index: string,
  extension: string,
  write: (tensors: readonly StoredTensor[]) => Uint8Array,
): Kind[1] => {
  return (tensors) => {
    const shards = halves(tensors).map((half, i) => [`shard-${i}.${extension}`, half] as const);
    const places = shards.flatMap(([name, half]) => half.map((tensor) => [tensor.name, name]));
    const weightMap = JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(places) });
    return { [index]: weightMap, ...Object.fromEntries(shards.map(([name, half]) => [name, write(half)])) };
  };
};
const kinds: readonly Kind[] = [
  ['one safetensors file', (tensors) => ({ 'model.safetensors': safetensorsFile(tensors) })],
  ['several safetensors files', sharded('model.safetensors.index.json', 'safetensors', safetensorsFile)],
  ['a PyTorch file', (tensors) => ({ 'pytorch_model.bin': pytorchFile(tensors) })],
  ['several PyTorch files', sharded('pytorch_model.bin.index.json', 'bin', pytorchFile)],
];

let root: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'folders-')));
});
afterAll(() => rm(root, { recursive: true }));

async function folderOf(id: string, files: Files): Promise<string> {
  const folder = await mkdtemp(join(root, 'folder-'));
  await copyFile(join(goldenFolder(id), 'config.json'), join(folder, 'config.json'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** What a codec makes of a little sound, with the files of a folder. */
async function roundTrip(id: string, folder: string): Promise<{ readonly grid: TokenGrid; readonly clip: AudioClip }> {
  const { models } = findComponent(plugin, 'tokenizer', id);
  const store = createModelStore({ cacheDirectory: join(root, 'cache'), offline: true });
  const context = { models: withCheckpointDirectory(store, folder, models) };
  const tokenizer = await findComponent(plugin, 'tokenizer', id).load(context);
  const detokenizer = await findComponent(plugin, 'detokenizer', id).load(context);
  const samples = speechLikeSamples(2_000, 'folders');
  const grid = await tokenizer.tokenize({ sampleRateHz: tokenizer.audioFormat.sampleRateHz, channels: [samples] });
  const clip = await detokenizer.detokenize(grid);
  await tokenizer.close();
  await detokenizer.close();
  return { grid, clip };
}

for (const id of Object.keys(golden)) {
  test.each(kinds)(`${id} from %s`, async (_, write) => {
    const wanted = await roundTrip(id, goldenFolder(id));
    expect(new Set(wanted.grid.tracks.flatMap(({ ids }) => [...ids])).size).toBeGreaterThan(2);
    const found = await roundTrip(id, await folderOf(id, write(await readTensors(goldenFolder(id)))));
    expect(found.grid.tracks).toEqual(wanted.grid.tracks);
    expect(found.clip).toEqual(wanted.clip);
  });
}

test('other weights in one of several files make another token space', async () => {
  const id = 'rvq:dac-16khz';
  const tensors = await readTensors(goldenFolder(id));
  const write = kinds[1]![1];
  const changed = tensors.map((tensor) =>
    tensor.name === 'encoder.conv1.bias' ? { ...tensor, bytes: tensor.bytes.map((byte) => byte ^ 1) } : tensor,
  );
  const spaceIds: string[] = [];
  for (const weights of [tensors, tensors, changed]) {
    spaceIds.push((await roundTrip(id, await folderOf(id, write(weights)))).grid.tokenSpace.id);
  }
  expect(spaceIds[1]).toBe(spaceIds[0]);
  expect(spaceIds[2]).not.toBe(spaceIds[0]);
  expect(spaceIds[2]).toMatch(/^rvq:dac-16khz#[0-9a-f]{12}$/);
});

test('several files in the cache of the hub, where every name is a link', async () => {
  const id = 'rvq:snac-24khz';
  const files = kinds[1]![1](await readTensors(goldenFolder(id)));
  const blobs = await folderOf(id, files);
  const snapshot = join(root, 'snapshot');
  await mkdir(snapshot);
  for (const name of ['config.json', ...Object.keys(files)]) await symlink(join(blobs, name), join(snapshot, name));
  expect((await roundTrip(id, snapshot)).clip).toEqual((await roundTrip(id, goldenFolder(id))).clip);
});

test('a folder without weights says what was looked for and what is there', async () => {
  await expect(
    roundTrip('rvq:snac-24khz', await folderOf('rvq:snac-24khz', { 'last.ckpt': '' })),
  ).rejects.toMatchObject({
    code: 'model-missing',
    message: expect.stringContaining(
      'found config.json, last.ckpt, wanted model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json',
    ),
  });
});
