import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRandom, isSpeechTokensError } from '@speech-tokens/core';
import { describe, expect, it } from 'vitest';
import { openAudioFile, readAudioClip } from '../src/index.ts';
import { codesOf, fixture, readFile } from './support/collect.ts';
import { type FlacOptions, makeFlac, type Subframe } from './support/make-flac.ts';
import { bytesOf, number } from './support/make-wav.ts';

/** Smooth integers that use the whole word. */
function wave(length: number, bits: number, seed = 1): number[] {
  const top = 2 ** (bits - 1) - 1;
  const random = createRandom(seed);
  return Array.from({ length }, (_, i) =>
    Math.floor(top * (0.9 * Math.sin(i / (5 + seed)) + 0.1 * (random.nextUnit() - 0.5))),
  );
}

function scaled(samples: readonly number[], bits: number): Float32Array {
  return Float32Array.from(samples, (value) => value / 2 ** (bits - 1));
}

/** MD5 of the PCM, as the encoder stored it in the file, and of what was decoded. */
async function md5Pair(path: string): Promise<{ readonly stored: string; readonly decoded: string }> {
  const bytes = readFileSync(path);
  const bits = (((bytes[20]! & 1) << 4) | (bytes[21]! >> 4)) + 1;
  const width = Math.ceil(bits / 8);
  const { channels } = await readAudioClip(path);
  const pcm = Buffer.alloc(channels.length * channels[0]!.length * width);
  for (const [channel, samples] of channels.entries()) {
    for (let i = 0; i < samples.length; i++) {
      pcm.writeIntLE(samples[i]! * 2 ** (bits - 1), (i * channels.length + channel) * width, width);
    }
  }
  return { stored: bytes.toString('hex', 26, 42), decoded: createHash('md5').update(pcm).digest('hex') };
}

const subframes: readonly [string, Subframe][] = [
  ['verbatim', { kind: 'verbatim' }],
  ...[0, 1, 2, 3, 4].map((order): [string, Subframe] => [
    `fixed ${order}`,
    { kind: 'fixed', order, rice: order === 0 ? 12 : 9, partitionOrder: 2 },
  ]),
  ['fixed with escaped partitions', { kind: 'fixed', order: 2, rice: 'escape', partitionOrder: 3 }],
  ['fixed with wide parameters', { kind: 'fixed', order: 1, rice: 11, method: 1, partitionOrder: 1 }],
  ['prediction', { kind: 'lpc', coefficients: [30, -17, 2, 1, -1], precision: 7, shift: 4, rice: 10 }],
  [
    'prediction of order 32',
    {
      kind: 'lpc',
      coefficients: Array.from({ length: 32 }, (_, i) => (i === 0 ? 16_383 : -i)),
      precision: 15,
      shift: 14,
      rice: 10,
    },
  ],
];

describe('frames from an encoder of the test', () => {
  it.each(subframes)('%s', async (_, subframe) => {
    const channels = [wave(1000, 16)];
    const file = await readFile(makeFlac({ bits: 16, channels, blockSizes: [256], subframe }).bytes);
    expect(file.channels[0]).toEqual(scaled(channels[0]!, 16));
    expect(file).toMatchObject({ format: 'flac', encoding: '16-bit integer', sampleCount: 1000, warnings: [] });
  });

  it.each([4, 8, 12, 16, 20, 24, 32])('%i bits, each kind of stereo', async (bits) => {
    for (const stereo of [0, 8, 9, 10] as const) {
      const channels = [wave(600, bits, 1), wave(600, bits, 2)];
      // The far corners of the word: their side needs one bit more.
      channels[0]![5] = -(2 ** (bits - 1));
      channels[1]![5] = 2 ** (bits - 1) - 1;
      const subframe = { kind: 'fixed', order: 1, rice: Math.max(1, bits - 4), method: 1 } as const;
      const file = await readFile(makeFlac({ bits, channels, blockSizes: [200], subframe, stereo }).bytes);
      expect(file.channels).toEqual(channels.map((samples) => scaled(samples, bits)));
    }
  });

  it('prediction on 32 bits is exact', async () => {
    const channels = [wave(500, 32)];
    const subframe = { kind: 'lpc', coefficients: [16_000, -7000, 100], precision: 15, shift: 13, rice: 28 } as const;
    const file = await readFile(makeFlac({ bits: 32, channels, blockSizes: [250], subframe }).bytes);
    expect(file.channels[0]).toEqual(scaled(channels[0]!, 32));
  });

  it('constant blocks, wasted bits, eight channels', async () => {
    const constant = makeFlac({
      bits: 16,
      channels: [[-5, -5, -5, -5]],
      blockSizes: [4],
      subframe: { kind: 'constant' },
    });
    expect((await readFile(constant.bytes)).channels[0]).toEqual(scaled([-5, -5, -5, -5], 16));
    const channels = Array.from({ length: 8 }, (_, i) => wave(100, 12, i + 1).map((value) => value * 16));
    const subframe = { kind: 'fixed', order: 1, rice: 8 } as const;
    const wasted = makeFlac({ bits: 16, channels, blockSizes: [64], subframe, wastedBits: 4 });
    expect((await readFile(wasted.bytes)).channels).toEqual(channels.map((samples) => scaled(samples, 16)));
  });

  it('a Rice code with a run of far more than 32 zeros', async () => {
    const channels = [[0, 20_000, -20_000, 3]];
    const subframe = { kind: 'fixed', order: 0, rice: 5 } as const;
    const file = await readFile(makeFlac({ bits: 16, channels, blockSizes: [4], subframe }).bytes);
    expect(file.channels[0]).toEqual(scaled(channels[0]!, 16));
  });
});

describe('files from other encoders', () => {
  it.each(['mono-16k.flac', 'stereo-48k-24-bit.flac'])(
    '%s: the MD5 in its header is that of the samples',
    async (name) => {
      const { stored, decoded } = await md5Pair(fixture(name));
      expect(decoded).toBe(stored);
    },
  );

  const shared = process.env.SPEECH_TOKENS_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
  const folder = join(shared, 'speech', 'librispeech', 'test-other');
  const recordings = existsSync(folder) ? readdirSync(folder).sort().slice(0, 10) : [];
  it.skipIf(recordings.length === 0)(
    'real recordings: the MD5 in their headers (skipped without SPEECH_TOKENS_SHARED or ../shared)',
    async () => {
      for (const name of recordings) {
        const { stored, decoded } = await md5Pair(join(folder, name));
        expect(decoded).toBe(stored);
      }
    },
  );
});

describe('ranges', () => {
  const long = wave(400_000, 16);
  const base: FlacOptions = {
    bits: 16,
    channels: [long],
    blockSizes: [1000],
    subframe: { kind: 'fixed', order: 2, rice: 8 },
  };
  const plain = makeFlac(base);
  const points = plain.frameOffsets.flatMap((offset, i) => (i % 40 === 0 ? [{ sample: i * 1000, offset }] : []));
  const wanted = scaled(long, 16);

  it.each([
    ['by bisection', plain.bytes],
    ['by bisection, in blocks of varying size', makeFlac({ ...base, blockSizes: [1000, 700, 1100] }).bytes],
    ['by the seek table', makeFlac({ ...base, seekPoints: points }).bytes],
    ['where the length is unknown', makeFlac({ ...base, totalSamples: 0 }).bytes],
    ['with a seek table of place holders', makeFlac({ ...base, seekPoints: [{ sample: -1, offset: -1 }] }).bytes],
  ])('%s, without reading what comes before', async (_, bytes) => {
    let bytesRead = 0;
    const source = {
      name: 'counted',
      sizeBytes: bytes.length,
      read: async (offset: number, length: number) => {
        bytesRead += length;
        return bytes.subarray(offset, offset + length);
      },
    };
    const file = await openAudioFile(source);
    expect(file.sampleCount).toBe(400_000);
    for (const startSample of [0, 1, 999, 1000, 123_456, 399_000, 399_999, 400_000]) {
      bytesRead = 0;
      const endSample = startSample + 2500;
      const samples: number[] = [];
      for await (const chunk of file.read({ startSample, endSample })) {
        if (samples.length === 0) expect(chunk.startSample).toBe(startSample);
        samples.push(...chunk.channels[0]!);
      }
      expect(Float32Array.from(samples)).toEqual(wanted.slice(startSample, endSample));
      expect(bytesRead).toBeLessThan(700_000);
    }
    expect(file.warnings).toEqual([]);
  });

  it('a seek table that lies is noticed and not used', async () => {
    const lies = points.map((point) => ({ ...point, offset: point.offset + 3 }));
    const file = await readFile(makeFlac({ ...base, seekPoints: lies }).bytes, {
      startSample: 100_500,
      endSample: 101_000,
    });
    expect(file.channels[0]).toEqual(wanted.slice(100_500, 101_000));
    expect(codesOf(file.warnings)).toEqual(['header-inconsistent']);
  });
});

describe('damage', () => {
  const samples = wave(20_000, 16);
  const built = makeFlac({
    bits: 16,
    channels: [samples],
    blockSizes: [1000],
    subframe: { kind: 'fixed', order: 2, rice: 8 },
  });
  const wanted = scaled(samples, 16);
  const offsetOf = (frame: number): number => built.firstFrame + built.frameOffsets[frame]!;

  it('one frame: silence in its place, all others unchanged, and a warning', async () => {
    const bytes = built.bytes.slice();
    bytes[offsetOf(7) + 300]! ^= 0x10;
    const file = await readFile(bytes);
    const expected = wanted.slice();
    expected.fill(0, 7000, 8000);
    expect(file.channels[0]).toEqual(expected);
    expect(codesOf(file.warnings)).toEqual(['damaged']);
  });

  it('the first frame', async () => {
    const bytes = built.bytes.slice();
    bytes[offsetOf(0) + 300]! ^= 0x10;
    const file = await readFile(bytes);
    const expected = wanted.slice();
    expected.fill(0, 0, 1000);
    expect(file.channels[0]).toEqual(expected);
    expect(codesOf(file.warnings)).toEqual(['damaged']);
  });

  it('one bit that only the check sum of its frame can tell', async () => {
    const subframe = { kind: 'verbatim' } as const;
    const { bytes, firstFrame, frameOffsets } = makeFlac({
      bits: 16,
      channels: [samples],
      blockSizes: [1000],
      subframe,
    });
    bytes[firstFrame + frameOffsets[3]! + 500]! ^= 1;
    const file = await readFile(bytes);
    const expected = wanted.slice();
    expected.fill(0, 3000, 4000);
    expect(file.channels[0]).toEqual(expected);
    expect(codesOf(file.warnings)).toEqual(['damaged']);
  });

  it('a forged frame whose values its word size cannot hold is refused', async () => {
    const subframe = { kind: 'fixed', order: 1, rice: 14 } as const;
    const forged = makeFlac({ bits: 16, channels: [[0, 0, 40_000, 0]], blockSizes: [4], subframe });
    const error = await openAudioFile(forged.bytes).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'audio-decode')).toBe(true);
  });

  it('missing frames', async () => {
    const bytes = bytesOf(built.bytes.subarray(0, offsetOf(3)), built.bytes.subarray(offsetOf(6)));
    const file = await readFile(bytes);
    // Nothing lies between the frames: only the number tells, and what is there counts.
    expect(file.channels[0]!.length).toBe(17_000);
    expect(file.warnings.length).toBeGreaterThan(0);
  });

  it('cut short: the whole frames that are there, and a warning', async () => {
    const file = await readFile(built.bytes.subarray(0, offsetOf(12) + 50));
    expect(file.sampleCount).toBe(12_000);
    expect(file.channels[0]).toEqual(wanted.slice(0, 12_000));
    expect(codesOf(file.warnings)).toContain('truncated');
  });

  it('tags before and behind', async () => {
    const id3 = bytesOf('ID3', [4, 0, 0, 0, 0, 1, 0], new Uint8Array(128));
    const file = await readFile(bytesOf(id3, built.bytes, 'TAG', new Uint8Array(125)));
    expect(file.channels[0]).toEqual(wanted);
    expect(file.warnings).toEqual([]);
  });

  it.each([4, 10, 20, 42, 60])('cut to %i bytes: a typed error', async (length) => {
    const error = await openAudioFile(built.bytes.subarray(0, length)).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'audio-decode')).toBe(true);
  });

  it('a forged frame number does not make gigabytes of silence', async () => {
    const forged = makeFlac({
      bits: 16,
      channels: [samples.slice(0, 4000)],
      blockSizes: [1000],
      subframe: { kind: 'verbatim' },
    });
    const far = makeFlac({
      bits: 16,
      channels: [samples.slice(0, 1000)],
      blockSizes: [1000, 999],
      subframe: { kind: 'verbatim' },
    });
    const frame = far.bytes.slice(far.firstFrame);
    // A frame numbered in samples, re-labelled to lie at 2^35.
    const header = [0xff, 0xf9, 0x70, 0, 0xfe, 0xa0, ...new Array<number>(5).fill(0x80), ...number(999, 2, false)];
    const relabelled = relabel(header, frame);
    const bytes = bytesOf(forged.bytes, [1, 2, 3], relabelled);
    const file = await readFile(bytes);
    expect(file.channels[0]!.length).toBeLessThan(100_000);
  });
});

/** A frame with another header and right check sums. */
function relabel(header: readonly number[], frame: Uint8Array): Uint8Array {
  const sum = (bytes: readonly number[], width: number, polynomial: number): number => {
    let value = 0;
    for (const byte of bytes) {
      for (let bit = 7; bit >= 0; bit--) {
        const top = ((value >> (width - 1)) & 1) ^ ((byte >> bit) & 1);
        value = ((value << 1) & (2 ** width - 1)) ^ (top === 1 ? polynomial : 0);
      }
    }
    return value;
  };
  const body = frame.subarray(8, frame.length - 2);
  const start = [...header, sum(header, 8, 0x07), ...body];
  return Uint8Array.from([...start, ...number(sum(start, 16, 0x8005), 2, false)]);
}
