import { mkdtemp, readFile as readBytes, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { createRandom, isSpeechTokensError } from '@speech-tokens/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWavWriter, encodeWav, type WavSampleFormat } from '../src/index.ts';
import { wavHeader } from '../src/write/wav-header.ts';
import { codesOf, readFile } from './support/collect.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wav-writer-'));
  path = join(folder, 'out.wav');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Values that 16 bits hold exactly. */
function steps(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => (random.nextInteger(65_536) - 32_768) / 32_768);
}

const format = { sampleRateHz: 16_000, channelCount: 2, sampleFormat: 'int16' as WavSampleFormat };
const clip = { sampleRateHz: 16_000, channels: [steps(5000, 1), steps(5000, 2)] };
const part = (start: number, end: number): typeof clip => ({
  ...clip,
  channels: clip.channels.map((samples) => samples.slice(start, end)),
});

describe('createWavWriter', () => {
  it.each(['int16', 'float32'] as const)('%s: what is written in pieces is read back', async (sampleFormat) => {
    const writer = await createWavWriter({ ...format, sampleFormat, path });
    // Not awaited: the order must hold all the same.
    void writer.write(part(0, 1));
    void writer.write(part(1, 1));
    void writer.write(part(1, 4000));
    await writer.write(part(4000, 5000));
    expect(await readdir(folder)).not.toContain('out.wav');
    expect(await writer.finish()).toEqual({ sampleCount: 5000, clippedCount: 0, warnings: [] });
    const file = await readFile(path);
    expect(file).toMatchObject({ sampleRateHz: 16_000, channelCount: 2, sampleCount: 5000, warnings: [] });
    expect(file.encoding).toBe(sampleFormat === 'int16' ? '16-bit integer' : '32-bit float');
    expect(file.channels).toEqual(clip.channels);
    expect(await readdir(folder)).toEqual(['out.wav']);
  });

  it('replaces a file only when it finishes; abort leaves the old one', async () => {
    await writeFile(path, 'old');
    const writer = await createWavWriter({ ...format, path });
    await writer.write(clip);
    await writer.abort();
    await writer.abort();
    expect(await readBytes(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['out.wav']);
    const error = await writer.write(clip).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'session-closed')).toBe(true);
    const second = await createWavWriter({ ...format, path });
    await second.finish();
    expect((await readFile(path)).sampleCount).toBe(0);
    await second.abort();
    expect(await readdir(folder)).toEqual(['out.wav']);
  });

  it('two writers of one name do not meet', async () => {
    const writers = await Promise.all([createWavWriter({ ...format, path }), createWavWriter({ ...format, path })]);
    await Promise.all(writers.map((writer, i) => writer.write(part(0, 100 * (i + 1)))));
    await writers[0]!.finish();
    await writers[1]!.finish();
    expect((await readFile(path)).sampleCount).toBe(200);
    expect(await readdir(folder)).toEqual(['out.wav']);
  });

  it.each([
    ['another rate', { ...clip, sampleRateHz: 8000 }],
    ['other channels', { ...clip, channels: [clip.channels[0]!] }],
    ['channels of different lengths', { ...clip, channels: [clip.channels[0]!, steps(3, 1)] }],
    ['values that are not finite', { ...clip, channels: [Float32Array.of(Number.NaN), Float32Array.of(0)] }],
  ])('%s: a typed error, and nothing is left', async (_, wrong) => {
    const writer = await createWavWriter({ ...format, path });
    const error = await writer.write(wrong).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'audio-format')).toBe(true);
    expect(await readdir(folder)).toEqual([]);
    expect(isSpeechTokensError(await writer.finish().catch((e: unknown) => e), 'session-closed')).toBe(true);
  });

  it('a missing folder, a folder as the target: typed errors, and nothing is left', async () => {
    const missing = await createWavWriter({ ...format, path: join(folder, 'no', 'x.wav') }).catch((e: unknown) => e);
    expect(isSpeechTokensError(missing, 'file-write')).toBe(true);
    const target = join(folder, 'a-folder');
    await writeFile(path, '');
    await (await import('node:fs/promises')).mkdir(join(target, 'not-empty'), { recursive: true });
    const writer = await createWavWriter({ ...format, path: target });
    expect(isSpeechTokensError(await writer.finish().catch((e: unknown) => e), 'file-write')).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['a-folder', 'out.wav']);
  });

  it('counts what it clips, and says so', async () => {
    const writer = await createWavWriter({ ...format, channelCount: 1, path });
    await writer.write({ sampleRateHz: 16_000, channels: [Float32Array.of(1.5, -1.01, 1, -1, 0.5)] });
    const written = await writer.finish();
    expect(written.clippedCount).toBe(2);
    expect(codesOf(written.warnings)).toEqual(['clipped']);
    expect(Array.from((await readFile(path)).channels[0]!, (v) => v * 32_768)).toEqual([
      32_767, -32_768, 32_767, -32_768, 16_384,
    ]);
  });

  it('dithers by one step where asked, the same for the same seed', async () => {
    const quiet = { sampleRateHz: 16_000, channels: [new Float32Array(20_000).fill(0.3 / 32_768)] };
    const write = async (ditherSeed: string): Promise<Float32Array> => {
      const writer = await createWavWriter({ ...format, channelCount: 1, path, ditherSeed });
      await writer.write(quiet);
      await writer.finish();
      return (await readFile(path)).channels[0]!.map((value) => value * 32_768);
    };
    const samples = await write('a');
    expect(await write('a')).toEqual(samples);
    expect(await write('b')).not.toEqual(samples);
    expect(Math.max(...samples)).toBe(1);
    expect(Math.min(...samples)).toBe(-1);
    // Without dither the level below half a step would be lost.
    expect(samples.reduce((sum, value) => sum + value, 0) / samples.length).toBeCloseTo(0.3, 1);
  });

  it('writes to a stream whose length is not known', async () => {
    const stream = new PassThrough();
    const bytes = (async () => Buffer.concat(await stream.toArray()))();
    const writer = await createWavWriter({ ...format, stream });
    await writer.write(clip);
    await writer.finish();
    expect(stream.writableEnded).toBe(false);
    stream.end();
    const file = await readFile(new Uint8Array(await bytes));
    expect(file.channels).toEqual(clip.channels);
    expect(codesOf(file.warnings)).toEqual(['length-unknown']);
  });

  it('waits for a slow stream, and tells when it breaks', async () => {
    let taken = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(data: Buffer, _, done) {
        setTimeout(() => {
          taken += data.length;
          done();
        }, 2);
      },
    });
    const writer = await createWavWriter({ ...format, stream: slow });
    await writer.write(clip);
    expect(taken).toBe(44 + 20_000);
    const broken = new Writable({
      write(_data, _encoding, done) {
        done(Object.assign(new Error('gone'), { code: 'EPIPE' }));
      },
    });
    const error = await createWavWriter({ ...format, stream: broken }).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'file-write')).toBe(true);
    expect(String(error)).toContain('EPIPE');
  });

  it.each([
    [{ sampleRateHz: 0 }, 'sampleRateHz'],
    [{ channelCount: 0 }, 'channelCount'],
    [{ sampleFormat: 'int24' as WavSampleFormat }, 'sampleFormat'],
  ])('refuses %o', async (wrong, argument) => {
    const error = await createWavWriter({ ...format, path, ...wrong }).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'argument-invalid') && error.details.argument).toBe(argument);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('beyond 4 GiB', () => {
  it('the header turns into RF64 of the same size, and is read back', async () => {
    const fields = { ...format, reserveLongSizes: true };
    const dataBytes = 6 * 2 ** 30;
    const long = wavHeader({ ...fields, dataBytes });
    expect(long.length).toBe(wavHeader({ ...fields, dataBytes: 4 }).length);
    expect(Buffer.from(long.subarray(0, 4)).toString()).toBe('RF64');
    const source = {
      name: 'long',
      sizeBytes: long.length + dataBytes,
      read: async (offset: number, length: number) => {
        const bytes = new Uint8Array(length);
        if (offset < long.length) bytes.set(long.subarray(offset, offset + length));
        return bytes;
      },
    };
    const file = await readFile(source, { startSample: dataBytes / 4 - 10 });
    expect(file.sampleCount).toBe(dataBytes / 4);
    expect(file.channels[0]!.length).toBe(10);
    expect(file.warnings).toEqual([]);
  });

  it('the last size that fits 32 bits is still RIFF', () => {
    const start = (dataBytes: number): string =>
      Buffer.from(wavHeader({ ...format, reserveLongSizes: true, dataBytes }).subarray(0, 4)).toString();
    const headerBytes = wavHeader({ ...format, reserveLongSizes: true, dataBytes: 0 }).length;
    expect(start(0xffffffff - headerBytes + 8 - 3)).toBe('RIFF');
    expect(start(0xffffffff - headerBytes + 8 + 1)).toBe('RF64');
  });
});

describe('encodeWav', () => {
  it.each([
    ['int16', 1, 44],
    ['float32', 1, 58],
    ['int16', 6, 68],
  ] as const)('%s, %i channels: read back, header of %i bytes', async (sampleFormat, channelCount, headerBytes) => {
    const channels = Array.from({ length: channelCount }, (_, i) => steps(100, i));
    const bytes = encodeWav({ sampleRateHz: 24_000, channels }, sampleFormat);
    expect(bytes.length).toBe(headerBytes + 100 * channelCount * (sampleFormat === 'int16' ? 2 : 4));
    const file = await readFile(bytes);
    expect(file).toMatchObject({ sampleRateHz: 24_000, channelCount, warnings: [] });
    expect(file.channels).toEqual(channels);
  });
});
