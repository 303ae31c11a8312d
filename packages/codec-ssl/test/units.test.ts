import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isListedSpaceId, validateTokenGrid } from '@speech-tokens/core';
import { withCheckpointDirectory } from '@speech-tokens/core/node';
import { describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import plugin from '../src/index.ts';
import { publishedComponent, publishedUnits } from '../src/units/published-units.ts';
import { unitsOfFolder } from '../src/units/units-of-folder.ts';
import { goldenEncoders, goldenFolder, readReference } from './support/reference.ts';
import { codeOf, contextIn, modelsIn, unitsFolder } from './support/units.ts';

describe.each(goldenEncoders)('%s', (name) => {
  test('units equal those of PyTorch at every length', async () => {
    const reference = readReference(goldenFolder(name));
    const tokenizer = await unitsOfFolder.load(contextIn(await unitsFolder(name)));
    const used = new Set<number>();
    for (const length of reference.lengths) {
      const grid = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [reference.samples(length)] });
      validateTokenGrid(grid, { codebookCount: 1 });
      const wanted = reference.units(length, 2) ?? new Int32Array(0);
      expect(grid.tracks[0]!.ids, `${length} samples`).toEqual(Uint32Array.from(wanted));
      for (const id of wanted) used.add(id);
    }
    await tokenizer.close();
    expect(used.size).toBeGreaterThan(5);
  });
});

test('audio that is shorter than a window has no units, and that is an answer', async () => {
  const tokenizer = await unitsOfFolder.load(contextIn(await unitsFolder('hubert-base')));
  for (const length of [0, 1, 399]) {
    const grid = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [new Float32Array(length)] });
    expect([grid.sampleCount, grid.tracks[0]!.ids.length]).toEqual([length, 0]);
    validateTokenGrid(grid);
  }
  const { tracks } = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [new Float32Array(400)] });
  expect(tracks[0]!.ids.length).toBe(1);
  await tokenizer.close();
});

test('the token space says how frames lie, and its id follows from files and settings', async () => {
  const idOf = async (encoder: string, settings = {}): Promise<string> => {
    const tokenizer = await unitsOfFolder.load(contextIn(await unitsFolder(encoder, settings)));
    const { id, ...space } = tokenizer.tokenSpace;
    expect(space).toEqual({
      sampleRateHz: 16_000,
      codebooks: [{ name: 'units', size: 24, hopSamples: 320 }],
      windowSamples: 400,
      prefixDecodable: true,
    });
    await tokenizer.close();
    return id;
  };
  const first = await idOf('hubert-base');
  expect(first).toMatch(/^ssl:units#[0-9a-f]{12}$/);
  expect(await idOf('hubert-base')).toBe(first);
  const others = [
    await idOf('hubert-base', { layer: 1 }),
    await idOf('hubert-base', { normalizeWaveform: false }),
    await idOf('hubert-base', { centroids: join(goldenFolder('wav2vec2-base'), 'centroids-l2.npy') }),
    await idOf('wav2vec2-base'),
  ];
  expect(new Set([first, ...others]).size).toBe(5);
});

test('centroids in any format give the same units, each as a space of its own', async () => {
  const samples = readReference(goldenFolder('hubert-base')).samples(5_127);
  const found = new Map<string, string>();
  for (const file of ['km.bin', 'km-zlib.bin', 'km.pt']) {
    const folder = await unitsFolder('hubert-base', { centroids: join(goldenFolder('centroids'), file) });
    const tokenizer = await unitsOfFolder.load(contextIn(folder));
    const { tracks } = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [samples] });
    found.set(tokenizer.tokenSpace.id, tracks[0]!.ids.join(' '));
    await tokenizer.close();
  }
  expect(found.size).toBe(3);
  expect(new Set(found.values()).size).toBe(1);
});

test('published units are listed by name, and a folder can stand in for their files', async () => {
  const { components } = plugin;
  expect(components.map(({ id }) => id)).toEqual([
    'ssl:units-50hz-k100',
    'ssl:units-50hz-k200',
    'ssl:units-50hz-k500',
    'ssl:hubert-base-l6-k50',
    'ssl:hubert-base-l6-k100',
    'ssl:hubert-base-l6-k200',
    'ssl:units',
    'ssl:glm-4-voice',
    'ssl:s3-v1-50hz',
    'ssl:s3-v1-25hz',
    'ssl:s3-v2-25hz',
    'ssl:units-50hz-k100',
    'ssl:units-50hz-k200',
    'ssl:units-50hz-k500',
    'ssl:unit-hifigan',
  ]);
  // What package.json says is read before any of the plugin's code runs.
  const listed = components.map(({ kind, id, title }) => ({ kind, id, title }));
  expect(new Set(packageJson.speechTokens.provides)).toEqual(new Set(listed));
  const component = publishedComponent({ ...publishedUnits[1]!, layer: 2 });
  expect(component.tokenSpace).toMatchObject({ id: 'ssl:hubert-base-l6-k100', windowSamples: 400 });
  const folder = await unitsFolder('hubert-base');
  for (const name of ['config.json', 'preprocessor_config.json', 'pytorch_model.bin']) {
    await copyFile(join(goldenFolder('hubert-base'), name), join(folder, name));
  }
  await copyFile(join(goldenFolder('centroids'), 'km-zlib.bin'), join(folder, 'km.bin'));
  const models = withCheckpointDirectory(modelsIn(folder), folder, component.models);
  const tokenizer = await component.load({ models });
  expect(isListedSpaceId(tokenizer.tokenSpace.id, component.tokenSpace.id)).toBe(true);
  const samples = readReference(goldenFolder('hubert-base')).samples(5_127);
  const { tracks } = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [samples] });
  expect(tracks[0]!.ids.length).toBe(15);
  await tokenizer.close();
});

test('folders that do not fit are refused with what is wrong', async () => {
  const load = (folder: string) => codeOf(() => unitsOfFolder.load(contextIn(folder)));
  const wrongWidth = await unitsFolder('hubert-base');
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  const npy = Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]),
    Buffer.from(header),
  ]);
  await writeFile(join(wrongWidth, 'narrow.npy'), Buffer.concat([npy, new Uint8Array(24)]));
  const withFile = (changes: object) =>
    writeFile(
      join(wrongWidth, 'units.json'),
      JSON.stringify({ layer: 2, encoder: goldenFolder('hubert-base'), centroids: 'narrow.npy', ...changes }),
    );
  await withFile({});
  expect(await load(wrongWidth)).toContain('checkpoint-invalid: The centroids do not belong to this encoder');
  await withFile({ layer: 4, centroids: join(goldenFolder('centroids'), 'km.bin') });
  expect(await load(wrongWidth)).toContain('checkpoint-invalid: The encoder has no layer 4');
  await withFile({ layer: -1 });
  expect(await load(wrongWidth)).toContain('(layer)');
  await withFile({ centroids: 7 });
  expect(await load(wrongWidth)).toContain('(centroids)');
  await withFile({ centroids: 'nowhere.npy' });
  expect(await load(wrongWidth)).toContain('model-missing');
  await withFile({ encoder: 'nowhere' });
  expect(await load(wrongWidth)).toContain('model-missing');
  await writeFile(join(wrongWidth, 'config.json'), '{"model_type": "bert"}');
  await copyFile(
    join(goldenFolder('hubert-base'), 'preprocessor_config.json'),
    join(wrongWidth, 'preprocessor_config.json'),
  );
  await withFile({ encoder: '.' });
  expect(await load(wrongWidth)).toContain('model.safetensors or ');
  await copyFile(join(goldenFolder('hubert-large'), 'model.safetensors'), join(wrongWidth, 'model.safetensors'));
  expect(await load(wrongWidth)).toContain('(model_type)');
  await copyFile(join(goldenFolder('hubert-base'), 'config.json'), join(wrongWidth, 'config.json'));
  await withFile({ encoder: '.', centroids: join(goldenFolder('centroids'), 'km.bin') });
  // Weights of a large model under the configuration of a base one.
  expect(await load(wrongWidth)).toBe('accepted');
  await rm(wrongWidth, { recursive: true });
  expect(await load(wrongWidth)).toContain('model-missing');
});
