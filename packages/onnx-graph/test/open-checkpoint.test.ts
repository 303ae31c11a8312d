import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSafetensorsHeader, isSpeechTokensError, type SafetensorsDtype } from '@speech-tokens/core';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { add, type Checkpoint, openCheckpoint, weightsOf } from '../src/index.ts';
import { runOnce } from './run-graph.ts';
import { dict, olderFile, storage, tensor, text } from './write-pickle.ts';

const root = await realpath(await mkdtemp(join(tmpdir(), 'open-checkpoint-')));
let directory: string;
let count = 0;
beforeEach(async () => {
  directory = join(root, String(count++));
  await mkdir(directory);
});
afterAll(() => rm(root, { recursive: true }));

/** A file whose tensors have two floats each, of the value given. */
function safetensors(tensors: Readonly<Record<string, number>>, dtype: SafetensorsDtype = 'F32'): Uint8Array {
  const header = buildSafetensorsHeader(Object.keys(tensors).map((name) => ({ name, dtype, shape: [2] })));
  const values = Object.values(tensors).map((value) => Buffer.from(Float32Array.of(value, value).buffer));
  return Buffer.concat([header.bytes, ...values]);
}

async function write(files: Readonly<Record<string, Uint8Array | object | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const isRaw = content instanceof Uint8Array || typeof content === 'string';
    await writeFile(join(directory, name), isRaw ? content : JSON.stringify(content));
  }
}

/** Adds up weights `a` and `b` in a graph. */
async function sum(checkpoint: Checkpoint): Promise<number[]> {
  const weights = weightsOf(checkpoint);
  const { y } = await runOnce(
    (g) => {
      const x = g.input('x', 'float32', [2]);
      g.output('y', add(g, add(g, x, weights.tensor(g, 'a', [2])), weights.tensor(g, 'b', [2])));
    },
    { x: { values: new Float32Array(2), shape: [2] } },
    checkpoint.directory,
  );
  return [...y!];
}

const index = 'model.safetensors.index.json';
const shards = { '1.safetensors': safetensors({ a: 1, c: 9 }), '2.safetensors': safetensors({ b: 10 }) };
const weightMap = { a: '1.safetensors', b: '2.safetensors' };
const bothInOne = olderFile(
  dict(text('a'), tensor(storage('0', 4), 0, [2], [1]), text('b'), tensor(storage('0', 4), 2, [2], [1])),
  { 0: 4 },
);

test('a folder with the names of the hub: one file, or several with an index', async () => {
  await write({ ...shards, [index]: { metadata: { total_size: 16 }, weight_map: weightMap } });
  const sharded = await openCheckpoint(directory);
  expect([...sharded.tensors.keys()]).toEqual(['a', 'b']);
  expect(await sum(sharded)).toEqual([11, 11]);
  // One file goes before an index.
  await write({ 'model.safetensors': safetensors({ a: 2, b: 3 }) });
  expect(await sum(await openCheckpoint(directory))).toEqual([5, 5]);
});

test('PyTorch files, alone and with an index', async () => {
  await write({ 'pytorch_model.bin': bothInOne });
  expect(await sum(await openCheckpoint(directory))).toEqual([0, 0]);
  await rm(join(directory, 'pytorch_model.bin'));
  await write({ 'x.bin': bothInOne, 'pytorch_model.bin.index.json': { weight_map: { a: 'x.bin', b: 'x.bin' } } });
  expect(await sum(await openCheckpoint(directory))).toEqual([0, 0]);
});

test('what a file is follows from its bytes, not from its name', async () => {
  await write({ weights: bothInOne, ...shards, 'a.txt': { weight_map: weightMap } });
  expect(await sum(await openCheckpoint(join(directory, 'weights')))).toEqual([0, 0]);
  expect(await sum(await openCheckpoint(join(directory, 'a.txt')))).toEqual([11, 11]);
});

test('lengths of a header that look like the start of another kind: a pickle, JSON, a zip archive', async () => {
  const original = safetensors({ a: 1, b: 2 });
  const headerBytes = 8 + Number(Buffer.from(original).readBigUInt64LE());
  for (const length of [0x80, 0x7b, 0x4b50]) {
    const start = Buffer.alloc(8 + length, ' ');
    start.set(original.subarray(0, headerBytes));
    start.writeBigUInt64LE(BigInt(length));
    await write({ weights: Buffer.concat([start, original.subarray(headerBytes)]) });
    expect(await sum(await openCheckpoint(join(directory, 'weights')))).toEqual([3, 3]);
  }
});

test('weights behind symbolic links, as in the cache of the hub', async () => {
  await write({ ...shards, [index]: { weight_map: weightMap } });
  await mkdir(join(directory, 'snapshot'));
  for (const name of [...Object.keys(shards), index]) {
    await symlink(join('..', name), join(directory, 'snapshot', name));
  }
  const checkpoint = await openCheckpoint(join(directory, 'snapshot'));
  expect(checkpoint.directory).toBe(directory);
  expect(await sum(checkpoint)).toEqual([11, 11]);
  // In two folders: the graph is loaded with the one above.
  await mkdir(join(directory, 'other'));
  await rm(join(directory, 'snapshot', '1.safetensors'));
  await writeFile(join(directory, 'other', 'a'), shards['1.safetensors']);
  await symlink(join('..', 'other', 'a'), join(directory, 'snapshot', '1.safetensors'));
  const spread = await openCheckpoint(join(directory, 'snapshot', index));
  expect(spread.directory).toBe(directory);
  expect(await sum(spread)).toEqual([11, 11]);
});

test('tensors of types that graphs do not have, and metadata', async () => {
  const header = buildSafetensorsHeader([{ name: 'e', dtype: 'C64', shape: [1] }], new Map([['format', 'pt']]));
  await write({ 'model.safetensors': Buffer.concat([header.bytes, Buffer.alloc(8)]) });
  const checkpoint = await openCheckpoint(directory);
  expect(() => weightsOf(checkpoint).shapeOf('e')).toThrow('found values of type C64');
  expect([...checkpoint.values!]).toEqual([['format', 'pt']]);
});

type Files = Readonly<Record<string, Uint8Array | object | string>>;

test.each<[string, Files, RegExp, string?]>([
  ['an empty folder', {}, /The folder has no weights.*found an empty folder/],
  ['other files', { 'a.txt': 'a' }, /found 1 other files, wanted model\.safetensors or/],
  [
    'a pointer of Git LFS',
    { 'model.safetensors': 'version https://git-lfs.github.com/spec/v1\n' },
    /pointer of Git LFS/,
  ],
  ['an empty file', { 'model.safetensors': '' }, /no kind of checkpoint that is known.*found an empty file/],
  ['a web page', { 'model.safetensors': '<!DOCTYPE html>' }, /a file that starts with "<!DOCTYPE html>"/],
  ['a header that is cut off', { 'model.safetensors': safetensors({ a: 1 }).subarray(0, 30) }, /cut off in its header/],
  ['JSON that is cut off', { [index]: '{"weight_map": {' }, /text that is no JSON/],
  ['JSON of another kind', { [index]: '{"weight_map": []}' }, /no weight_map/],
  ['no weights', { [index]: { weight_map: {} } }, /found 0 files/],
  [
    'too many files',
    { [index]: { weight_map: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, `${i}`])) } },
    /found 1001 files/,
  ],
  [
    'a place above',
    { [index]: { weight_map: { a: '../a.safetensors' } } },
    /"\.\.\/a\.safetensors", wanted the name/,
    'a',
  ],
  ['a folder above', { [index]: { weight_map: { a: '..' } } }, /found "\.\."/, 'a'],
  ['an absolute place', { [index]: { weight_map: { a: '/etc/passwd' } } }, /found "\/etc\/passwd"/, 'a'],
  ['a drive', { [index]: { weight_map: { a: 'C:a' } } }, /found "C:a"/, 'a'],
  ['a backslash', { [index]: { weight_map: { a: '..\\a' } } }, /found "\.\.\\\\a"/, 'a'],
  ['no name', { [index]: { weight_map: { a: 5 } } }, /found number/, 'a'],
  [
    'a missing file',
    { '1.safetensors': shards['1.safetensors'], [index]: { weight_map: weightMap } },
    /is missing.*2\.safetensors/,
    'b',
  ],
  [
    'a tensor that is nowhere',
    { ...shards, [index]: { weight_map: { d: '1.safetensors' } } },
    /"d".*no file that has it, wanted it in 1/,
    'd',
  ],
  [
    'a tensor in another file',
    { ...shards, [index]: { weight_map: { a: '2.safetensors', c: '1.safetensors' } } },
    /"a".*it in 1\.safetensors, wanted/,
    'a',
  ],
  [
    'a tensor in two files',
    { ...shards, '2.safetensors': safetensors({ a: 1, b: 1 }), [index]: { weight_map: weightMap } },
    /"a".*it in 1\.safetensors and 2/,
    'a',
  ],
])('%s is refused', async (_, files, message, tensorName) => {
  await write(files);
  const error = await openCheckpoint(directory).catch((error: unknown) => error);
  expect(String(error)).toMatch(message);
  const [name] = Object.keys(files).filter((name) => name === index || name === 'model.safetensors');
  const path = name === undefined ? directory : join(directory, name);
  expect(isSpeechTokensError(error, 'checkpoint-invalid') && error.details).toEqual(
    tensorName === undefined ? { path } : { path, tensor: tensorName },
  );
});

test('a damaged file of several, an index that names an index, no such path', async () => {
  await write({ ...shards, '2.safetensors': shards['2.safetensors'].subarray(1), [index]: { weight_map: weightMap } });
  const path = join(directory, '2.safetensors');
  await expect(openCheckpoint(directory)).rejects.toMatchObject({ code: 'checkpoint-invalid', details: { path } });
  await write({ [index]: { weight_map: { a: index } } });
  await expect(openCheckpoint(directory)).rejects.toThrow('is an index itself');
  await expect(openCheckpoint(join(directory, 'none'))).rejects.toMatchObject({ code: 'file-read' });
});

test('any index gives a checkpoint or a typed error', async () => {
  await write(shards);
  const file = fc.constantFrom<unknown>('1.safetensors', '2.safetensors', '..', '', null, '3', '__proto__');
  const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor');
  const json = fc.oneof(
    fc.subarray(Object.entries(weightMap)).map((pairs) => JSON.stringify({ weight_map: Object.fromEntries(pairs) })),
    fc.dictionary(name, file).map((map) => JSON.stringify({ weight_map: map })),
    fc.json({ maxDepth: 3 }).map((text) => `{"weight_map": ${text}}`),
    fc.string().map((text) => `{${text}`),
  );
  let opened = 0;
  await fc.assert(
    fc.asyncProperty(json, async (text) => {
      await write({ [index]: text });
      const error = await openCheckpoint(join(directory, index)).then(
        () => void opened++,
        (error: unknown) => error,
      );
      if (error !== undefined && !isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    }),
    { numRuns: 500 },
  );
  expect(opened).toBeGreaterThan(0);
});
