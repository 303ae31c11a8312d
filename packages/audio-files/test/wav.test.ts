import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAudioFile } from '../src/index.ts';
import { codesOf, readFile } from './support/collect.ts';
import { bytesOf, chunk, int16Bytes, makeWav, number } from './support/make-wav.ts';

const mono16 = { tag: 1, channelCount: 1, sampleRateHz: 16_000, bits: 16 };
const guidTail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

function float32(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

describe('sample encodings', () => {
  it.each([
    ['8-bit unsigned integer', { tag: 1, bits: 8 }, [0, 128, 255, 64], [-1, 0, 127 / 128, -0.5]],
    ['16-bit integer', { tag: 1, bits: 16 }, int16Bytes([-32768, 0, 32767, 16384]), [-1, 0, 32767 / 32768, 0.5]],
    [
      '24-bit integer',
      { tag: 1, bits: 24 },
      [-(2 ** 23), -1, 2 ** 23 - 1, 2 ** 22].flatMap((v) => number(v, 3)),
      [-1, -(2 ** -23), 1 - 2 ** -23, 0.5],
    ],
    [
      '32-bit integer',
      { tag: 1, bits: 32 },
      [-(2 ** 31), 2 ** 30, 256].flatMap((v) => number(v, 4)),
      [-1, 0.5, 2 ** -23],
    ],
    ['32-bit float', { tag: 3, bits: 32 }, float32([-1.5, 0.25, 3e-9]), [-1.5, 0.25, Math.fround(3e-9)]],
    [
      '64-bit float',
      { tag: 3, bits: 64 },
      new Uint8Array(Float64Array.of(-0.1, 0.25).buffer),
      [Math.fround(-0.1), 0.25],
    ],
    // Values of ITU-T G.711: the largest, the smallest and one between, of both signs.
    [
      'A-law',
      { tag: 6, bits: 8 },
      [0xaa, 0x2a, 0xd5, 0x55, 0x80],
      [4032 / 4096, -4032 / 4096, 1 / 4096, -1 / 4096, 688 / 4096],
    ],
    ['µ-law', { tag: 7, bits: 8 }, [0x80, 0x00, 0xff, 0x7f, 0xfe], [8031 / 8192, -8031 / 8192, 0, 0, 2 / 8192]],
  ])('%s', async (encoding, fields, data, wanted) => {
    const file = await readFile(makeWav({ ...mono16, ...fields, data: Uint8Array.from(data) }));
    expect(file.encoding).toBe(encoding);
    expect(file.sampleCount).toBe(wanted.length);
    expect(Array.from(file.channels[0]!)).toEqual(wanted.map(Math.fround));
    expect(file.warnings).toEqual([]);
  });

  it('reads big-endian RIFX', async () => {
    const data = int16Bytes([1000, -1000], false);
    const file = await readFile(makeWav({ ...mono16, riff: 'RIFX', data }));
    expect(Array.from(file.channels[0]!)).toEqual([1000 / 32768, -1000 / 32768]);
  });

  it('reads extensible sub-formats, with fewer valid bits left-justified', async () => {
    const formatTail = [...number(22, 2), ...number(20, 2), ...number(0, 4), ...number(1, 2), ...guidTail];
    const data = Uint8Array.from(number(2 ** 22, 3));
    const file = await readFile(makeWav({ ...mono16, tag: 0xfffe, bits: 24, formatTail, data }));
    expect(file.channels[0]![0]).toBe(0.5);
    const floatTail = [...number(22, 2), ...number(32, 2), ...number(0, 4), ...number(3, 2), ...guidTail];
    const float = await readFile(
      makeWav({ ...mono16, tag: 0xfffe, bits: 32, formatTail: floatTail, data: float32([0.75]) }),
    );
    expect(float.channels[0]![0]).toBe(0.75);
  });

  it('separates channels', async () => {
    const data = int16Bytes([1, 2, 3, 4, 5, 6].map((v) => v * 1024));
    const file = await readFile(makeWav({ ...mono16, channelCount: 3, data }));
    expect(file.channels.map((samples) => Array.from(samples, (v) => v * 32))).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  it('turns values that are not finite into 0, and says so', async () => {
    const file = await readFile(makeWav({ ...mono16, tag: 3, bits: 32, data: float32([Number.NaN, Infinity, 0.5]) }));
    expect(Array.from(file.channels[0]!)).toEqual([0, 0, 0.5]);
    expect(codesOf(file.warnings)).toEqual(['not-finite']);
  });
});

describe('chunks', () => {
  const data = int16Bytes([100, 200, 300]);
  const wanted = [100, 200, 300].map((v) => v / 32768);

  it('passes over chunks before the data, also with odd sizes', async () => {
    const before = [chunk('LIST', [1, 2, 3]), chunk('bext', new Uint8Array(602))];
    const file = await readFile(makeWav({ ...mono16, before, data, after: [chunk('id3 ', [1, 2])] }));
    expect(Array.from(file.channels[0]!)).toEqual(wanted);
    expect(file.warnings).toEqual([]);
  });

  it('finds the next chunk where an odd one was not padded', async () => {
    const unpadded = bytesOf('LIST', number(3, 4), [1, 2, 3]);
    const file = await readFile(makeWav({ ...mono16, before: [unpadded], data }));
    expect(Array.from(file.channels[0]!)).toEqual(wanted);
  });

  it('reads RF64 with sizes beyond 32 bits', async () => {
    const ds64 = chunk('ds64', [...number(1e6, 8), ...number(data.length, 8), ...number(3, 8), ...number(0, 4)]);
    const file = await readFile(
      makeWav({ ...mono16, riff: 'RF64', before: [ds64], data, dataSize: 0xffffffff, after: [chunk('LIST', [9, 9])] }),
    );
    expect(Array.from(file.channels[0]!)).toEqual(wanted);
    expect(file.warnings).toEqual([]);
  });

  it('reads far into a file of 5 GiB without touching what comes before', async () => {
    const dataBytes = 5 * 2 ** 30;
    const ds64 = chunk('ds64', [...number(dataBytes, 8), ...number(dataBytes, 8), ...number(0, 8), ...number(0, 4)]);
    const head = makeWav({ ...mono16, riff: 'RF64', before: [ds64], data: new Uint8Array(0), dataSize: 0xffffffff });
    let bytesRead = 0;
    const source = {
      name: 'long',
      sizeBytes: head.length + dataBytes,
      read: async (offset: number, length: number) => {
        bytesRead += length;
        if (offset < head.length) return bytesOf(head, new Uint8Array(length)).subarray(offset, offset + length);
        return new Uint8Array(length).fill(1);
      },
    };
    const startSample = 2 ** 31 + 12_345;
    const file = await readFile(source, { startSample, endSample: startSample + 10 });
    expect(file.sampleCount).toBe(dataBytes / 2);
    expect(file.startSample).toBe(startSample);
    expect(file.channels[0]!.length).toBe(10);
    expect(bytesRead).toBeLessThan(300_000);
  });
});

describe('header lies', () => {
  const data = int16Bytes([100, 200, 300]);

  it.each([
    ['a size of 0', 0, 'length-unknown', 3],
    ['an unknown size', 0xffffffff, 'length-unknown', 3],
    ['a size beyond the end', 1000, 'truncated', 3],
    ['a size of half a sample more', 5, 'size-mismatch', 2],
  ])('%s: as much as there is, and a warning', async (_, dataSize, code, wantedCount) => {
    const file = await readFile(makeWav({ ...mono16, data, dataSize }));
    expect(file.sampleCount).toBe(wantedCount);
    expect(file.channels[0]!.length).toBe(wantedCount);
    expect(codesOf(file.warnings)).toEqual([code]);
  });

  it('an empty data chunk before another chunk is empty', async () => {
    const file = await readFile(makeWav({ ...mono16, data: new Uint8Array(0), after: [chunk('LIST', [1, 2])] }));
    expect(file.sampleCount).toBe(0);
    expect(file.chunkCount).toBe(0);
    expect(file.warnings).toEqual([]);
  });

  it('a frame size that contradicts the bits', async () => {
    const file = await readFile(makeWav({ ...mono16, data, blockAlign: 7 }));
    expect(file.channels[0]!.length).toBe(3);
    expect(codesOf(file.warnings)).toEqual(['header-inconsistent']);
  });

  it.each([
    ['zero channels', { channelCount: 0, blockAlign: 2 }, 'channels'],
    ['a rate of zero', { sampleRateHz: 0 }, 'sample rate'],
    ['a rate beyond 1 MHz', { sampleRateHz: 3_000_000 }, 'sample rate'],
    ['ADPCM', { tag: 2, bits: 4 }, 'ADPCM'],
    ['MP3 inside WAV', { tag: 85 }, 'MPEG layer 3'],
    ['an odd float', { tag: 3, bits: 16 }, '16-bit samples'],
  ])('%s: a typed error', async (_, fields, text) => {
    const error = await openAudioFile(makeWav({ ...mono16, ...fields, data })).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'audio-decode')).toBe(true);
    expect(String(error)).toContain(text);
  });

  it.each([0, 3, 11, 12, 20, 30, 43])('a file cut to %i bytes: a typed error', async (length) => {
    const bytes = makeWav({ ...mono16, data }).subarray(0, length);
    const error = await openAudioFile(bytes).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'audio-decode')).toBe(true);
  });
});

describe('ranges', () => {
  it('equal the same part of the whole', async () => {
    const values = Array.from({ length: 50_000 }, (_, i) => ((i * 7919) % 65_536) - 32_768);
    const wav = makeWav({ ...mono16, channelCount: 2, data: int16Bytes(values) });
    const whole = await readFile(wav);
    await fc.assert(
      fc.asyncProperty(fc.nat(26_000), fc.nat(26_000), async (a, b) => {
        const [startSample, endSample] = [Math.min(a, b), Math.max(a, b)];
        const part = await readFile(wav, { startSample, endSample });
        const wanted = whole.channels.map((samples) => samples.slice(startSample, endSample));
        if (wanted[0]!.length === 0) expect(part.chunkCount).toBe(0);
        else {
          expect(part.startSample).toBe(startSample);
          expect(part.channels).toEqual(wanted);
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [{ startSample: -1 }, 'startSample'],
    [{ startSample: 0.5 }, 'startSample'],
    [{ startSample: 5, endSample: 4 }, 'endSample'],
    [{ endSample: Number.NaN }, 'endSample'],
  ])('%o is refused', async (options, argument) => {
    const error = await readFile(makeWav({ ...mono16, data: int16Bytes([1]) }), options).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'argument-invalid') && error.details.argument).toBe(argument);
  });
});
