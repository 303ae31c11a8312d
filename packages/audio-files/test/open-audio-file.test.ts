import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { bytesSource, isSpeechTokensError } from '@speech-tokens/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AudioFile, bufferReadable, openAudioFile, readAudioClip } from '../src/index.ts';
import { fixture, readFile } from './support/collect.ts';
import { bytesOf, chunk, int16Bytes, makeWav, number } from './support/make-wav.ts';

const values = Array.from({ length: 100_000 }, (_, i) => (i % 2000) - 1000);
const wav = makeWav({ tag: 1, channelCount: 1, sampleRateHz: 16_000, bits: 16, data: int16Bytes(values) });
const wanted = Float32Array.from(values, (value) => value / 32_768);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audio-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function readToEnd(file: AudioFile): Promise<void> {
  for await (const _ of file.read());
}

describe('sources', () => {
  it('path, file URL, bytes, Blob and a source of one’s own give the same', async () => {
    const path = join(folder, 'no extension');
    await writeFile(path, wav);
    let closed = 0;
    const custom = {
      name: 'vscode-vfs://x',
      sizeBytes: wav.length,
      read: async (offset: number, length: number) => wav.slice(offset, offset + length),
      close: async () => {
        closed++;
      },
    };
    // A view into a larger buffer: its offset must be honoured.
    const shifted = bytesOf([9, 9, 9], wav, [9]).subarray(3, 3 + wav.length);
    for (const input of [
      path,
      pathToFileURL(path),
      pathToFileURL(path).href,
      wav,
      shifted,
      new Blob([wav.slice()]),
      custom,
    ]) {
      expect((await readFile(input)).channels[0]).toEqual(wanted);
    }
    expect(closed).toBe(1);
  });

  it('two reads at the same time do not disturb each other', async () => {
    const file = await openAudioFile(fixture('stereo-48k-24-bit.flac'));
    const gather = async (startSample: number): Promise<number[]> => {
      const samples: number[] = [];
      for await (const piece of file.read({ startSample })) samples.push(...piece.channels[1]!);
      return samples;
    };
    const [all, tail] = await Promise.all([gather(0), gather(2000)]);
    expect(tail).toEqual(all!.slice(2000));
    await file.close();
  });

  it('what cannot be read: typed errors that name the path', async () => {
    for (const [input, text] of [
      [join(folder, 'missing.wav'), 'No such file'],
      [folder, 'folder'],
      ['https://example.org/a.wav', 'No such file'],
      [new URL('https://example.org/a.wav'), 'protocol'],
    ] as const) {
      const error = await openAudioFile(input).catch((e: unknown) => e);
      expect(isSpeechTokensError(error, 'file-read')).toBe(true);
      expect(String(error)).toContain(text);
    }
    for (const input of [42, {}, { ...bytesSource(wav), name: undefined }, { ...bytesSource(wav), sizeBytes: -1 }]) {
      const error = await openAudioFile(input as unknown as string).catch((e: unknown) => e);
      expect(isSpeechTokensError(error, 'argument-invalid')).toBe(true);
    }
  });

  it('a failing source rejects with its own error', async () => {
    const own = new Error('disk gone');
    const source = { name: 'own', sizeBytes: 100, read: () => Promise.reject(own) };
    const error = await openAudioFile(source).catch((e: unknown) => e);
    expect(error).toBe(own);
  });

  it('a file that shrinks while it is read: a typed error, not a shorter recording', async () => {
    const path = join(folder, 'shrinks.wav');
    await writeFile(path, wav);
    const file = await openAudioFile(path);
    await truncate(path, 1044);
    const error = await readToEnd(file).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'file-read') && error.details).toEqual({ path });
    expect(String(error)).toContain('became shorter');
    await file.close();
  });

  it.each([
    ['fewer', 1044],
    ['more', wav.length + 1],
  ])('a source that gives %s bytes than it was asked for: a typed error', async (_, cutBytes) => {
    let isCut = false;
    const whole = bytesOf(wav, [0]);
    const source = {
      name: 'vscode-vfs://x',
      sizeBytes: wav.length,
      read: async (offset: number, length: number) =>
        isCut ? whole.subarray(offset, cutBytes) : whole.subarray(offset, offset + length),
    };
    const file = await openAudioFile(source);
    isCut = true;
    const error = await readToEnd(file).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'file-read') && error.details).toEqual({ path: 'vscode-vfs://x' });
  });

  it('asks a source only for what it has', async () => {
    for (const bytes of [wav, new Uint8Array(0), bytesOf('ID3'), bytesOf('RIFF1234WAVEdata')]) {
      // Refuses to read beyond its end.
      await openAudioFile(bytesSource(bytes)).then(readToEnd, (error: unknown) => {
        expect(isSpeechTokensError(error, 'audio-decode')).toBe(true);
      });
    }
  });
});

describe('unknown content', () => {
  it.each([
    ['an empty file', new Uint8Array(0), 'an empty file'],
    ['zeros', new Uint8Array(5000), 'zeros'],
    ['text', bytesOf('hello, this is text\n'), 'text starting with "hello, this is'],
    ['M4A', bytesOf([0, 0, 0, 32], 'ftypM4A ', new Uint8Array(100)), 'M4A'],
    ['AAC', bytesOf([0xff, 0xf1, 0x50, 0x80], new Uint8Array(100)), 'AAC'],
    ['WebM', bytesOf([0x1a, 0x45, 0xdf, 0xa3], new Uint8Array(100)), 'WebM'],
    ['a Git LFS pointer', bytesOf('version https://git-lfs.github.com/spec/v1\n'), 'Git LFS'],
    ['AVI', bytesOf('RIFF', number(100, 4), 'AVI ', new Uint8Array(100)), 'RIFF of kind "AVI "'],
    ['Speex', bytesOf('OggS', new Uint8Array(22), [1, 80], 'Speex   1.2'), 'Speex'],
    ['bytes', Uint8Array.from({ length: 100 }, (_, i) => (i * 37 + 200) % 256), 'bytes c8 ed'],
  ])('%s is named, and so is what can be read', async (_, bytes, text) => {
    const error = await openAudioFile(bytes).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'audio-decode')).toBe(true);
    expect(String(error)).toContain(text);
    expect(String(error)).toContain('Ogg Opus');
  });

  it('M4A from a real encoder: says how to convert it', async () => {
    const error = await openAudioFile(fixture('stereo-44k.m4a')).catch((e: unknown) => e);
    expect(String(error)).toContain('ffmpeg');
    expect(String(error)).toContain('stereo-44k.m4a');
  });
});

describe('abort, progress and close', () => {
  it('opening and reading reject with the reason itself', async () => {
    const reason = { why: 'enough' };
    expect(await openAudioFile(wav, { signal: AbortSignal.abort(reason) }).catch((e: unknown) => e)).toBe(reason);
    const controller = new AbortController();
    const file = await openAudioFile(wav);
    const read = (async () => {
      for await (const _ of file.read({ signal: controller.signal })) controller.abort(reason);
    })();
    expect(await read.catch((e: unknown) => e)).toBe(reason);
    expect(await readAudioClip(wav, { signal: AbortSignal.abort(reason) }).catch((e: unknown) => e)).toBe(reason);
  });

  it('a source that never answers does not hold up an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const opening = openAudioFile(
      { name: 'silent', sizeBytes: 1000, read: () => new Promise(() => {}) },
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort(reason), 10);
    expect(await opening.catch((e: unknown) => e)).toBe(reason);
  });

  it('a timer can fire during a long read from memory', async () => {
    const head = makeWav({
      tag: 1,
      channelCount: 1,
      sampleRateHz: 16_000,
      bits: 8,
      data: new Uint8Array(0),
      dataSize: 4e8,
    });
    const file = await openAudioFile({
      name: 'long',
      sizeBytes: head.length + 4e8,
      read: async (offset, length) =>
        bytesOf(offset < head.length ? head.subarray(offset) : [], new Uint8Array(length)).subarray(0, length),
    });
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 1);
    const read = (async () => {
      let sum = 0;
      for await (const piece of file.read({ signal: controller.signal })) sum += piece.channels[0]!.length;
      return sum;
    })();
    expect(await read.catch((e: unknown) => e)).toBe(reason);
  });

  it('progress rises to the total', async () => {
    const file = await openAudioFile(wav);
    const seen: number[] = [];
    for await (const _ of file.read({ startSample: 1000, onProgress: ({ done, total }) => seen.push(done / total!) }));
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('closing twice is fine, reading after it is an error', async () => {
    const path = join(folder, 'close.wav');
    await writeFile(path, wav);
    const file = await openAudioFile(path);
    await Promise.all([file.close(), file.close()]);
    await file.close();
    expect(() => file.read()).toThrow(/closed/);
  });
});

describe('readAudioClip', () => {
  it('refuses what would fill memory', async () => {
    const error = await readAudioClip(wav, { maxMemoryBytes: 1000 }).catch((e: unknown) => e);
    expect(isSpeechTokensError(error, 'audio-decode')).toBe(true);
    expect(String(error)).toContain('maxMemoryBytes');
    const format = { sampleRateHz: 48_000, channelCount: 1 };
    expect((await readAudioClip(wav, { maxMemoryBytes: 1_300_000 })).channels[0]!.length).toBe(100_000);
    const converted = await readAudioClip(wav, { maxMemoryBytes: 1_000_000, format }).catch((e: unknown) => e);
    expect(isSpeechTokensError(converted, 'audio-decode')).toBe(true);
  });

  it('gives an empty clip its channels', async () => {
    const empty = makeWav({
      tag: 1,
      channelCount: 2,
      sampleRateHz: 8000,
      bits: 16,
      data: new Uint8Array(0),
      after: [chunk('LIST', [0, 0])],
    });
    expect((await readAudioClip(empty)).channels).toEqual([new Float32Array(0), new Float32Array(0)]);
  });
});

describe('bufferReadable', () => {
  async function* pieces(size: number): AsyncGenerator<Uint8Array> {
    // One buffer used again and again, as some streams do.
    const shared = new Uint8Array(size);
    for (let at = 0; at < wav.length; at += size) {
      const length = Math.min(size, wav.length - at);
      shared.set(wav.subarray(at, at + length));
      yield shared.subarray(0, length);
    }
  }

  it('takes a stream of Node.js', async () => {
    expect(
      (await readFile(await bufferReadable(Readable.from([wav.slice(0, 777), wav.slice(777)])))).channels[0],
    ).toEqual(wanted);
  });

  it.each([1e9, 50_000, 0])('in memory or in a temporary file (limit %i): the same', async (maxMemoryBytes) => {
    const source = await bufferReadable(pieces(7777), { maxMemoryBytes, temporaryDirectory: folder });
    expect((await readFile(source)).channels[0]).toEqual(wanted);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('stops at its limit, on failure and on abort, and leaves nothing', async () => {
    const options = { maxMemoryBytes: 10, temporaryDirectory: folder };
    const long = await bufferReadable(pieces(1000), { ...options, maxBytes: 5000 }).catch((e: unknown) => e);
    expect(isSpeechTokensError(long, 'file-read')).toBe(true);
    const failing = new Readable({
      read() {
        this.destroy(new Error('pipe broke'));
      },
    });
    expect(isSpeechTokensError(await bufferReadable(failing, options).catch((e: unknown) => e), 'file-read')).toBe(
      true,
    );
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 10);
    const silent = new Readable({ read() {} });
    const error = await bufferReadable(silent, { ...options, signal: controller.signal }).catch((e: unknown) => e);
    expect(error).toBe(reason);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
