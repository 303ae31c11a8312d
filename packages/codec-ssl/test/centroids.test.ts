import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSafetensorsHeader, isSpeechTokensError } from '@speech-tokens/core';
import { GraphBuilder, openGraphSession, symbolicDim } from '@speech-tokens/onnx-graph';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nearestCentroid } from '../src/centroids/nearest-centroid.ts';
import { readCentroids } from '../src/centroids/read-centroids.ts';

// One clustering in every format, written by the libraries themselves: tools/reference/make_centroid_fixtures.py.
const fixtures = fileURLToPath(new URL('./golden/centroids/', import.meta.url));
const wanted = await readCentroids(fileURLToPath(new URL('./golden/hubert-base/centroids-l2.npy', import.meta.url)));

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'centroids-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function failure(path: string): Promise<string> {
  try {
    await readCentroids(path);
    return 'accepted';
  } catch (error) {
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    return error.message;
  }
}

async function failureOf(bytes: Uint8Array | string): Promise<string> {
  const path = join(directory, 'file');
  await writeFile(path, bytes);
  return failure(path);
}

describe('every format gives the same centroids', () => {
  test('NumPy’s own, as the reference', () => {
    expect([wanted.count, wanted.width, wanted.values.length]).toEqual([24, 24, 24 * 24]);
    // Of float32 as they lie behind the header of 128 bytes.
    const bytes = readFileSync(new URL('./golden/hubert-base/centroids-l2.npy', import.meta.url));
    expect(wanted.values).toEqual(
      new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128, bytes.byteOffset + 128 + 4 * 576)),
    );
    expect(new Set(wanted.values).size).toBeGreaterThan(500);
  });

  for (const name of [
    'km.bin',
    'km-zlib.bin',
    'km-unaligned.bin',
    'km-fortran.bin',
    'array.joblib',
    'km.pickle',
    'double.npy',
    'km.pt',
    'km.safetensors',
  ]) {
    test(name, async () => {
      expect(await readCentroids(join(fixtures, name))).toEqual(wanted);
    });
  }

  test('half.npy, to half precision', async () => {
    const { values } = await readCentroids(join(fixtures, 'half.npy'));
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(wanted.values[i]!, 2);
  });
});

describe('what is no file of centroids is refused, with what was found', () => {
  test('by kind', async () => {
    expect(await failure(join(fixtures, 'km-bz2.bin'))).toContain('bzip2');
    expect(await failureOf('')).toContain('an empty file');
    expect(await failureOf('hello')).toContain('starts with "hello"');
    expect(await failure(fileURLToPath(new URL('./golden/hubert-base/pytorch_model.bin', import.meta.url)))).toContain(
      'has no centroids',
    );
  });

  test('arrays of another shape or type', async () => {
    const npy = (descr: string, shape: string, data: Uint8Array): Uint8Array => {
      const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
      const header = new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]);
      return Buffer.concat([header, Buffer.from(text), data]);
    };
    expect(await failureOf(npy('<f4', '(2, 1)', new Uint8Array(8)))).toBe('accepted');
    expect(await failureOf(npy('<i8', '(1, 1)', new Uint8Array(8)))).toContain('not floats');
    expect(await failureOf(npy('<f4', '(2,)', new Uint8Array(8)))).toContain('no matrix');
    expect(await failureOf(npy('<f4', '(2, 2)', new Uint8Array(8)))).toContain('cut off');
    expect(await failureOf(npy('<f4', '(0, 2)', new Uint8Array(0)))).toContain('no usual size');
    expect(await failureOf(npy('<f8', '(9007199254740991, 9007199254740991)', new Uint8Array(8)))).toContain('header');
    const nan = new Uint8Array(new Float32Array([1, Number.NaN]).buffer);
    expect(await failureOf(npy('<f4', '(2, 1)', nan))).toContain('NaN in row 1');
  });

  test('pickles that would run something are read as data, and have no centroids', async () => {
    const pickle = Buffer.from('\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.', 'latin1');
    expect(await failureOf(pickle)).toContain('an object of os.system');
    expect(await failureOf(Buffer.from('\x80\x02\x82\x01.', 'latin1'))).toContain('EXT1');
    expect(await failureOf(Buffer.from('\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}b.', 'latin1'))).toContain(
      'before 0.10',
    );
  });
});

describe('a projection beside the centroids', () => {
  const file = (
    tensors: readonly { name: string; shape: readonly number[]; values: readonly number[] }[],
  ): Uint8Array => {
    const header = buildSafetensorsHeader(tensors.map(({ name, shape }) => ({ name, dtype: 'F32', shape })));
    const data = tensors.map(({ values }) => new Uint8Array(Float32Array.from(values).buffer));
    return Buffer.concat([header.bytes, ...data]);
  };
  const centroids = { name: 'centroids', shape: [2, 1], values: [1, -1] };

  test('is read', async () => {
    const path = join(directory, 'projected.safetensors');
    await writeFile(path, file([centroids, { name: 'projection', shape: [1, 3], values: [1, 2, 3] }]));
    const { projection, width } = await readCentroids(path);
    expect([width, projection]).toEqual([1, { values: Float32Array.of(1, 2, 3), featureWidth: 3 }]);
  });

  test('is refused where it does not lead to them, or holds no numbers', async () => {
    const other = { name: 'projection', shape: [2, 3], values: [1, 2, 3, 4, 5, 6] };
    expect(await failureOf(file([centroids, other]))).toContain('found [2, 3], wanted [1, width of the features]');
    const nan = { name: 'projection', shape: [1, 2], values: [1, Number.NaN] };
    expect(await failureOf(file([centroids, nan]))).toContain('NaN in row 0');
  });

  test('leads frames to where they are compared', async () => {
    const g = new GraphBuilder('test');
    const x = g.input('x', 'float32', [symbolicDim('frames'), 3]);
    const projection = { values: Float32Array.of(0, 1, 0, 0, 0, 1), featureWidth: 3 };
    const values = Float32Array.of(0, 0, 5, 5, 0, 9);
    g.output('ids', nearestCentroid(g, x, { values, count: 3, width: 2, projection }));
    const session = await openGraphSession(g.build(), { weightsDirectory: '.' });
    // The first value of a frame, by far the largest, is one that nobody looks at.
    const frames = Float32Array.of(100, 0, 1, -100, 4, 4, 7, 1, 8);
    const { ids } = await session.run({ x: { values: frames, shape: [3, 3] } }, session.createState());
    expect(Array.from(ids as Int32Array, Number)).toEqual([0, 1, 2]);
    await session.close();
  });
});

test('damaged files give a typed error or a matrix of finite numbers, and nothing else', async () => {
  const names = ['km.bin', 'km-zlib.bin', 'km-unaligned.bin', 'km.pickle', 'km.pt', 'km.safetensors', 'double.npy'];
  const files = names.map((name) => new Uint8Array(readFileSync(join(fixtures, name))));
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 6 }),
      fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3 }),
      async (file, changes, cut) => {
        const bytes = file.slice(0, cut === null ? file.length : Math.floor(cut * file.length));
        // Most of a file are numbers: changes lie near its start more often, where its structure is.
        for (const [place, value] of changes) {
          if (bytes.length > 0) bytes[Math.floor(place ** 3 * (bytes.length - 1))] = value;
        }
        const path = join(directory, 'fuzzed');
        await writeFile(path, bytes);
        try {
          const { values, count, width } = await readCentroids(path);
          expect(values.length).toBe(count * width);
          expect(values.every(Number.isFinite)).toBe(true);
          outcomes.add('read');
        } catch (error) {
          if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
          outcomes.add('refused');
        }
      },
    ),
    { numRuns: 1_500 },
  );
  expect(outcomes).toEqual(new Set(['read', 'refused']));
});
