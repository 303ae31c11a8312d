import { isSpeechTokensError } from '@speech-tokens/core';
import { describe, expect, it } from 'vitest';
import { openAudioFile } from '../src/index.ts';
import { codesOf, readFile } from './support/collect.ts';
import { bytesOf, chunk, int16Bytes, number } from './support/make-wav.ts';

const be = (id: string, body: Uint8Array | readonly number[]): Uint8Array => chunk(id, body, false);

/** 80-bit float of a whole number. */
function extended(value: number): number[] {
  const exponent = Math.floor(Math.log2(value));
  return [...number(16_383 + exponent, 2, false), ...number(BigInt(value) << BigInt(63 - exponent), 8, false)];
}

interface AiffParts {
  readonly type?: string;
  readonly bits: number;
  readonly data: Uint8Array;
  readonly channelCount?: number;
  readonly sampleCount: number;
  readonly rate?: readonly number[];
  readonly soundOffset?: number;
}

function makeAiff({ type, bits, data, channelCount = 1, sampleCount, rate, soundOffset = 0 }: AiffParts): Uint8Array {
  const common = [
    ...number(channelCount, 2, false),
    ...number(sampleCount, 4, false),
    ...number(bits, 2, false),
    ...(rate ?? extended(44_100)),
    ...(type === undefined ? [] : [...bytesOf(type), 0, 0]),
  ];
  const sound = bytesOf(number(soundOffset, 4, false), number(0, 4), new Uint8Array(soundOffset), data);
  const body = bytesOf(
    type === undefined ? 'AIFF' : 'AIFC',
    be('NAME', [65, 66, 67]),
    be('COMM', common),
    be('SSND', sound),
  );
  return bytesOf('FORM', number(body.length, 4, false), body);
}

function floatBytes(value: number, byteCount: 4 | 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(byteCount));
  if (byteCount === 4) view.setFloat32(0, value, false);
  else view.setFloat64(0, value, false);
  return new Uint8Array(view.buffer);
}

describe('encodings', () => {
  it.each([
    ['8-bit integer', { bits: 8 }, [0x80, 0x40], [-1, 0.5]],
    ['16-bit integer', { bits: 16 }, int16Bytes([-32768, 8192], false), [-1, 0.25]],
    ['24-bit integer', { bits: 24 }, [...number(-(2 ** 23), 3, false), ...number(3, 3, false)], [-1, 3 * 2 ** -23]],
    ['32-bit integer', { bits: 32 }, number(2 ** 30, 4, false), [0.5]],
    ['16-bit integer', { bits: 16, type: 'sowt' }, int16Bytes([-32768, 8192]), [-1, 0.25]],
    ['24-bit integer', { bits: 24, type: 'in24' }, number(2 ** 22, 3, false), [0.5]],
    ['32-bit float', { bits: 32, type: 'fl32' }, floatBytes(0.75, 4), [0.75]],
    ['64-bit float', { bits: 64, type: 'FL64' }, floatBytes(-0.75, 8), [-0.75]],
    ['A-law', { bits: 16, type: 'alaw' }, [0xaa, 0xd5], [4032 / 4096, 1 / 4096]],
    ['µ-law', { bits: 16, type: 'ULAW' }, [0x80, 0xff], [8031 / 8192, 0]],
    ['8-bit unsigned integer', { bits: 8, type: 'raw ' }, [0, 128], [-1, 0]],
  ])('%s %o', async (encoding, fields, data, wanted) => {
    const file = await readFile(makeAiff({ ...fields, data: Uint8Array.from(data), sampleCount: wanted.length }));
    expect(file).toMatchObject({
      format: 'aiff',
      encoding,
      sampleRateHz: 44_100,
      sampleCount: wanted.length,
      warnings: [],
    });
    expect(Array.from(file.channels[0]!)).toEqual(wanted);
  });

  it('honours the offset of the sound chunk, and separates channels', async () => {
    const data = int16Bytes([1024, 2048, 3072, 4096], false);
    const file = await readFile(makeAiff({ bits: 16, data, channelCount: 2, sampleCount: 2, soundOffset: 6 }));
    expect(file.channels.map((samples) => Array.from(samples, (v) => v * 32))).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });
});

describe('header lies', () => {
  const data = int16Bytes([1, 2, 3], false);

  it('fewer samples than the header says: those there are, and a warning', async () => {
    const file = await readFile(makeAiff({ bits: 16, data, sampleCount: 1000 }));
    expect(file.channels[0]!.length).toBe(3);
    expect(codesOf(file.warnings)).toEqual(['truncated']);
  });

  it.each([
    ['zero channels', { channelCount: 0 }],
    ['a rate of zero', { rate: new Array<number>(10).fill(0) }],
    ['a rate that is not a number', { rate: [0x7f, 0xff, ...new Array<number>(8).fill(255)] }],
    ['an enormous rate', { rate: extended(2 ** 40) }],
    ['a codec that is not supported', { type: 'ima4' }],
  ])('%s: a typed error', async (_, fields) => {
    const error = await openAudioFile(makeAiff({ bits: 16, data, sampleCount: 3, ...fields })).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'audio-decode')).toBe(true);
  });
});
