import { describe, expect, test } from 'vitest';
import { blobSource } from './blob-source.ts';
import { bytesSource } from './byte-source.ts';

const bytes = Uint8Array.from({ length: 10 }, (_, index) => index);

describe.each([
  ['bytesSource', bytesSource(bytes.subarray(2), 'a')],
  ['blobSource', blobSource(new Blob([bytes.subarray(2)]), 'a')],
])('%s', (_, source) => {
  test('gives exactly what is asked for', async () => {
    expect([source.name, source.sizeBytes]).toEqual(['a', 8]);
    expect(await source.read(1, 3)).toEqual(Uint8Array.of(3, 4, 5));
    expect(await source.read(0, 8)).toEqual(bytes.slice(2));
    expect(await source.read(8, 0)).toHaveLength(0);
  });

  test.each([
    [6, 3],
    [9, 0],
    [-1, 2],
    [2, -1],
    [Number.NaN, 1],
  ])('refuses what it does not have: from %d, %d bytes', async (offsetBytes, lengthBytes) => {
    await expect(source.read(offsetBytes, lengthBytes)).rejects.toThrow(RangeError);
    await expect(source.read(offsetBytes, lengthBytes)).rejects.toThrow('of a, which has 8');
  });

  test('stops with the reason of the signal', async () => {
    const reason = new Error('enough');
    await expect(source.read(0, 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

test('bytesSource gives views, not copies', async () => {
  expect((await bytesSource(bytes).read(1, 2)).buffer).toBe(bytes.buffer);
});

describe('blobSource', () => {
  test('takes the name of a file', () => {
    expect(blobSource(new File([bytes], 'b.wav')).name).toBe('b.wav');
    expect(blobSource(new Blob([bytes])).name).toBe('bytes in memory');
  });

  test('a file that was changed or removed since it was chosen', async () => {
    const cause = new DOMException('The file could not be read', 'NotReadableError');
    const blob = new File([bytes], 'b.wav');
    blob.slice = () => Object.assign(new Blob([]), { arrayBuffer: () => Promise.reject(cause) });
    await expect(blobSource(blob).read(0, 1)).rejects.toMatchObject({
      code: 'file-read',
      details: { path: 'b.wav' },
      cause,
    });
  });
});
