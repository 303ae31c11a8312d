import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesSource, isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPytorchCheckpoint } from '../src/checkpoint/pytorch/open-pytorch-checkpoint.ts';
import { type Checkpoint, matMul, openCheckpoint, transpose, weightsOf } from '../src/index.ts';
import { runOnce } from './run-graph.ts';
import { call, dict, global, int, list, olderFile, op, pickle, storage, tensor, text, tuple } from './write-pickle.ts';
import { writeZip } from './write-zip.ts';

/** Written by tools/reference/make_pytorch_fixtures.py. */
const fixtures = fileURLToPath(new URL('fixtures/pytorch', import.meta.url));
const mixedFiles = ['zip.pt', 'zip-protocol-4.pt', 'zip-protocol-5.pt', 'older.pt'];

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pytorch-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function bytesOf(checkpoint: Checkpoint, name: string): Promise<string> {
  const { path, offsetBytes, sizeBytes } = checkpoint.tensors.get(name)!;
  await using file = await open(path);
  const bytes = Buffer.alloc(sizeBytes);
  await file.read(bytes, 0, sizeBytes, offsetBytes);
  return bytes.toString('hex');
}

test.each(mixedFiles)('%s: tensors of every type and layout lie where they are said to, bit for bit', async (file) => {
  const checkpoint = await openCheckpoint(join(fixtures, file));
  const expected: Record<string, { elementType: string; shape: number[]; bytes: string }> = JSON.parse(
    await readFile(join(fixtures, 'expected.json'), 'utf8'),
  );
  const usable = Object.keys(expected).filter((name) => !['types.complex64', 'transposed', 'expanded'].includes(name));
  expect([...checkpoint.tensors.keys()]).toEqual(usable);
  for (const name of usable) {
    const { elementType, shape } = checkpoint.tensors.get(name)!;
    expect({ elementType, shape, bytes: await bytesOf(checkpoint, name) }, name).toEqual(expected[name]);
  }
  expect(checkpoint.tensors.get('tied.1.again')).toEqual(checkpoint.tensors.get('tied.0'));
});

test.each(mixedFiles)('%s: what no graph can point to is named with the reason', async (file) => {
  const checkpoint = await openCheckpoint(join(fixtures, file));
  expect([...checkpoint.unusable!.keys()]).toEqual(['types.complex64', 'transposed', 'expanded']);
  const weights = weightsOf(checkpoint);
  expect([weights.has('transposed'), weights.has('whole'), weights.has('rates')]).toEqual([true, true, false]);
  expect(weights.scope('state_dict').scope(0).shapeOf('weight')).toEqual([2, 3]);
  expect(() => weights.shapeOf('transposed')).toThrow(
    /transposed: found float32 \[3, 4\] as a view with strides \[1, 3\], .*contiguous\(\)\), wanted a tensor/,
  );
  expect(() => weights.scope('types').shapeOf('complex64')).toThrow('found values of type complex64');
  expect(() => weights.shapeOf('absent')).toThrow('found no tensor of this name');
});

test.each(mixedFiles)('%s: plain values are kept by name', async (file) => {
  const { values } = await openCheckpoint(join(fixtures, file));
  expect(Object.fromEntries(values!)).toEqual({
    step: 7,
    big: 2n ** 70n,
    below: -(2 ** 40),
    rate: 0.25,
    flag: true,
    nothing: null,
    name: 'Größe',
    rates: [8, 5, 'x'],
    'config.kernel.3': 'three',
    'config.none': [],
    size: [2, 3],
    'counter.4': 2,
  });
});

test.each(mixedFiles)('%s: a graph over its weights gives what PyTorch gives', async (file) => {
  const checkpoint = await openCheckpoint(join(fixtures, file));
  const weights = weightsOf(checkpoint).scope('types');
  for (const type of ['float64', 'float32', 'float16', 'bfloat16']) {
    const { y } = await runOnce(
      (g) => {
        const x = g.input('x', 'float32', [1, 3]);
        g.output('y', matMul(g, x, transpose(g, weights.tensor(g, type, [2, 3]), [1, 0])));
      },
      { x: { values: Float32Array.of(1, 10, 100), shape: [1, 3] } },
      checkpoint.directory,
    );
    expect([...y!], type).toEqual([1 - 20 + 50, 4 - 25]);
  }
});

test('types without a storage of their own, and a tensor that is all there is', async () => {
  const later = await openCheckpoint(join(fixtures, 'later-type.pt'));
  expect(later.tensors.get('weight')).toMatchObject({ elementType: 'uint16', shape: [4], sizeBytes: 8 });
  expect(await bytesOf(later, 'weight')).toBe('0000010002000300');
  expect([...later.unusable!]).toEqual([['eight', 'values of type float8_e5m2']]);
  const bare = await openCheckpoint(join(fixtures, 'bare-tensor.pt'));
  expect(await bytesOf(bare, 'tensor')).toBe('000000000000803f00000040');
});

test('files with more than tensors and plain containers are refused by name', async () => {
  const found: Record<string, unknown> = {};
  const files = (await readdir(fixtures)).filter((name) => name.startsWith('refused-'));
  for (const file of files) {
    const path = join(fixtures, file);
    const error = await openCheckpoint(path).catch((error: unknown) => error);
    expect(isSpeechTokensError(error, 'checkpoint-invalid') && error.details).toEqual({ path });
    found[file] = /found (.*?)[,.] (?:wanted|Use)/.exec(String(error))?.[1];
  }
  expect(found).toEqual({
    'refused-module.pt': 'the global torch.nn.modules.linear.Linear',
    'refused-namespace.pt': 'the global argparse.Namespace',
    'refused-negated.pt': 'a tensor that negates or conjugates what is stored',
    'refused-numpy-scalar.pt': 'the global numpy._core.multiarray.scalar',
    'refused-quantized.pt': 'the global torch._utils._rebuild_qtensor',
    'refused-script.pt': 'refused-script/constants.pkl',
    'refused-sparse.pt': 'the global torch._utils._rebuild_sparse_tensor',
  });
});

const path = 'weights.pt';
const read = (bytes: Uint8Array): Promise<Pick<Checkpoint, 'tensors' | 'unusable' | 'values'>> =>
  readPytorchCheckpoint(bytesSource(bytes), path, path);
const zipped = (
  object: Uint8Array,
  files: Readonly<Record<string, Uint8Array>> = {},
  after: Uint8Array = new Uint8Array(),
): Uint8Array =>
  writeZip(
    [['a/data.pkl', Buffer.concat([pickle(object), after])] as const, ...Object.entries(files)].map(([name, data]) => ({
      name,
      data,
    })),
  );
const floats = new Uint8Array(24);
const weight = dict(text('w'), tensor(storage('0', 6), 2, [2, 2], [2, 1]));
const text8 = (value: string): Uint8Array => Buffer.from(value);

test('the layouts of both formats, written by hand', async () => {
  const wanted = { elementType: 'float32', shape: [2, 2], path, sizeBytes: 16 };
  const zip = zipped(weight, { 'a/data/0': floats, 'a/byteorder': text8('little') });
  expect((await read(zip)).tensors.get('w')).toMatchObject(wanted);
  const older = olderFile(weight, { 0: 6 });
  expect((await read(older)).tensors.get('w')).toEqual({ ...wanted, offsetBytes: older.byteLength - 16 });
  // A view of a storage, of which another tensor uses the whole.
  const view = (start: number, count: number): Uint8Array => tuple(text('1'), int(start), int(count));
  const views = dict(
    text('w'),
    tensor(storage('0', 6, op('N')), 0, [6], [1]),
    text('v'),
    tensor(storage('0', 6, view(2, 3)), 1, [2], [1]),
  );
  const both = olderFile(views, { 0: 6 });
  const { tensors } = await read(both);
  expect(tensors.get('v')!.offsetBytes - tensors.get('w')!.offsetBytes).toBe(12);
  const beyond = (start: number, count: number): Promise<unknown> =>
    read(olderFile(tensor(storage('0', 6, view(start, count)), 0, [1], [1]), { 0: 6 }));
  await expect(beyond(4, 3)).rejects.toThrow('a view beyond the end of the storage 0');
});

test('strides that do not matter: of axes of length 1, of tensors without elements', async () => {
  const single = tensor(storage('0', 6), 1, [2, 1, 2], [2, 77, 1]);
  const none = tensor(storage('0', 6), 6, [5, 0], [100, 1]);
  const { tensors } = await read(inZip(dict(text('single'), single, text('none'), none)));
  expect(tensors.get('single')).toMatchObject({ shape: [2, 1, 2], sizeBytes: 16 });
  expect(tensors.get('none')).toMatchObject({ shape: [5, 0], sizeBytes: 0 });
});

test('an index longer than the first piece that is read', async () => {
  const older = olderFile(
    dict(text('notes'), text('x'.repeat(1 << 20)), text('w'), tensor(storage('0', 1), 0, [], [])),
    {
      0: 1,
    },
  );
  expect((await read(older)).tensors.get('w')!.offsetBytes).toBe(older.byteLength - 4);
  await expect(read(older.subarray(0, 1 << 19))).rejects.toThrow('is cut off');
});

const older = olderFile(weight, { 0: 6 });
const halves = op('(', text('storage'), global('torch', 'HalfStorage'), text('0'), text('cpu'), int(6), op('tQ'));
const inZip = (object: Uint8Array): Uint8Array => zipped(object, { 'a/data/0': floats });

test.each<[string, Uint8Array, RegExp, string?]>([
  ['an empty file', new Uint8Array(0), /not a PyTorch checkpoint.*found 0 bytes/],
  ['a text', text8('weights'), /not a PyTorch checkpoint/],
  ['a zip without data.pkl', writeZip([{ name: 'a.npy', data: floats }]), /found 1 other files, wanted one folder/],
  ['two folders', writeZip(['a', 'b'].map((f) => ({ name: `${f}/data.pkl`, data: floats }))), /2 files of the name/],
  ['big-endian', zipped(weight, { 'a/byteorder': text8('big') }), /found "big", wanted "little"/],
  ['bytes after the pickle', zipped(weight, {}, text8('xyz')), /Bytes follow the pickle.*found 3/],
  ['a missing storage', zipped(weight), /storage of the tensor "w" is not in the file.*wanted a\/data\/0/, 'w'],
  ['a storage that is too short', zipped(weight, { 'a/data/0': floats.subarray(4) }), /"w" reaches beyond/, 'w'],
  [
    'a storage that is shorter than it says',
    zipped(dict(text('w'), tensor(storage('0', 6), 0, [2], [1])), { 'a/data/0': floats.subarray(4) }),
    /and 20 bytes stored, wanted 8 bytes, of a storage of 24/,
    'w',
  ],
  [
    'a tensor beyond its end',
    inZip(tensor(storage('0', 6), 3, [2, 2], [2, 1])),
    /found float32 \[2, 2\] from/,
    'tensor',
  ],
  ['strides beyond its end', inZip(tensor(storage('0', 6), 0, [2, 2], [5, 1])), /wanted 28 bytes/, 'tensor'],
  [
    'strides above 2^53',
    inZip(tensor(storage('0', 6), 0, [2 ** 31 - 1], [2 ** 31 - 1])),
    /wanted Infinity bytes/,
    'tensor',
  ],
  ['fewer strides than axes', inZip(tensor(storage('0', 6), 0, [2, 2], [1])), /1 strides for 2 axes/],
  ['a negative length', inZip(tensor(storage('0', 6), 0, [-1], [1])), /-1 for the shape of a tensor/],
  [
    'two tensors of one name',
    inZip(dict(text('a.b'), weight, text('a'), dict(text('b'), weight))),
    /two tensors of the name "a.b.w"/,
  ],
  ['a list within itself', inZip(op(']q\u0000h\u0000a')), /more than 32 levels/],
  ['a storage alone', inZip(dict(text('s'), storage('0', 6))), /a storage without a tensor, as "s"/],
  ['another pickle', pickle(int(5)), /a pickle, but not a PyTorch checkpoint.*found 5/],
  ['a reference in the head', pickle(storage('0', 1)), /found a tuple as a reference/],
  ['a cut in a storage', older.subarray(0, -1), /cut off in the storage "0"/],
  ['a cut in a count', older.subarray(0, -25), /cut off in the storage "0".*wanted some elements/],
  ['a cut in a pickle', older.subarray(0, 200), /is cut off/],
  ['bytes after the last storage', Buffer.concat([older, floats]), /Bytes follow the last storage/],
  ['another byte order', olderFile(weight, { 0: 6 }, { isBigEndian: true }), /little_endian is not true/],
  ['another version', olderFile(weight, { 0: 6 }, { version: 1000 }), /version 1000 of the format/],
  [
    'a key twice',
    olderFile(weight, { 0: 6 }, { moreKeys: text('0') }),
    /"0" .* belongs to no tensor, or is there twice/,
  ],
  ['keys that are no text', olderFile(weight, { 0: 6 }, { moreKeys: int(1) }), /a list for the keys of the storages/],
  ['a storage of two types', olderFile(list(storage('0', 6), halves), { 0: 6 }), /the storage 0 with two types/],
  [
    'a storage of no tensor',
    olderFile(weight, { 0: 6, '0 ': 6 }),
    /"0 " in the PyTorch checkpoint belongs to no tensor/,
  ],
  ['a storage that is not listed', olderFile(weight, {}), /The storage "0" is not in the PyTorch checkpoint/],
  ['a count that is too small', olderFile(weight, { 0: 5 }), /"w" reaches beyond its storage/, 'w'],
])('%s is refused', async (_, bytes, message, tensorName) => {
  const error = await read(bytes).catch((error: unknown) => error);
  expect(String(error)).toMatch(message);
  expect(isSpeechTokensError(error, 'checkpoint-invalid') && error.details).toEqual(
    tensorName === undefined ? { path } : { path, tensor: tensorName },
  );
});

test('a size above 2^53 is that of a view', async () => {
  const { unusable } = await read(inZip(tensor(storage('0', 6), 0, [2 ** 31 - 1, 2 ** 31 - 1], [0, 0])));
  expect(unusable!.get('tensor')).toContain('strides [0, 0]');
});

test('a whole module, and calls that a pickle should never make', async () => {
  const module = tuple(text('module'), global('torch', 'Tensor'), op('N'), op('N'));
  await expect(read(olderFile(op('', module, op('Q')), {}))).rejects.toThrow(
    'found a whole module: the global torch.Tensor',
  );
  const attack = call(global('os', 'system'), text('true'));
  await expect(read(inZip(attack))).rejects.toThrow('found the global os.system');
  await expect(read(inZip(call(global('torch', 'Tensor'), text('x'))))).rejects.toThrow(
    'found a call of the global torch.Tensor',
  );
});

/** Either a typed error, or tensors that lie within the file. */
async function survives(bytes: Uint8Array): Promise<boolean> {
  try {
    const { tensors } = await read(bytes);
    for (const tensor of tensors.values()) {
      expect(tensor.offsetBytes + tensor.sizeBytes).toBeLessThanOrEqual(bytes.byteLength);
    }
    return true;
  } catch (error) {
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    return false;
  }
}

test.each(['zip.pt', 'zip-protocol-4.pt', 'older.pt'])('%s with changed bytes, or cut', async (file) => {
  const original = await readFile(join(fixtures, file));
  const change = fc.tuple(fc.nat(original.byteLength - 1), fc.nat(255));
  let read = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.nat(original.byteLength),
      async (changes, kept) => {
        const bytes = Uint8Array.from(original);
        for (const [at, value] of changes) bytes[at] = value;
        if (await survives(bytes)) read++;
        await survives(bytes.subarray(0, kept));
      },
    ),
    { numRuns: 1500 },
  );
  // Many changes meet values or the padding between files; were none read, the changes would not reach far.
  expect(read).toBeGreaterThan(50);
});

test('a file of weights that are real (skipped without SPEECH_TOKENS_SHARED or ../shared)', async (context) => {
  const shared = process.env.SPEECH_TOKENS_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
  const crepe = join(shared, 'weights', 'crepe', 'crepe_tiny.pth');
  if (!existsSync(crepe)) return context.skip();
  const checkpoint = await openCheckpoint(crepe);
  expect(checkpoint.tensors.size).toBe(44);
  const weights = weightsOf(checkpoint).scope('classifier');
  const { y } = await runOnce(
    (g) => {
      const x = g.input('x', 'float32', [1, 256]);
      g.output('y', matMul(g, x, transpose(g, weights.tensor(g, 'weight', [360, 256]), [1, 0])));
    },
    { x: { values: Float32Array.from({ length: 256 }, (_, i) => i / 256), shape: [1, 256] } },
    checkpoint.directory,
  );
  // (torch.arange(256) / 256) @ torch.load(crepe)['classifier.weight'].t()
  for (const [index, value] of Object.entries({ 0: -97.16, 179: -71.64928, 359: -95.20802 })) {
    expect(y![Number(index)]).toBeCloseTo(value, 3);
  }
});

test('an older file in a folder with a name, in place', async () => {
  const file = join(directory, 'model.th');
  await writeFile(file, older);
  const checkpoint = await openCheckpoint(file);
  expect(await bytesOf(checkpoint, 'w')).toBe('00'.repeat(16));
});
