import { readFileSync } from 'node:fs';
import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAudioFile } from '../src/index.ts';
import { fixture } from './support/collect.ts';
import { makeFlac } from './support/make-flac.ts';
import { bytesOf, chunk, int16Bytes, makeWav, number } from './support/make-wav.ts';

/**
 * Whatever the bytes: a typed error, or audio of a sensible size whose values are finite; nothing on the console.
 * A file may hold much more sound than bytes (a constant block of FLAC), but not without end.
 */
async function survives(bytes: Uint8Array): Promise<void> {
  try {
    const file = await openAudioFile(bytes);
    let sampleCount = 0;
    const startSample = 100;
    for await (const piece of file.read({ startSample, endSample: 3_000_000 })) {
      expect(piece.channels.length).toBe(file.channelCount);
      for (const samples of piece.channels) expect(samples.every(Number.isFinite)).toBe(true);
      sampleCount += piece.channels[0]!.length;
      expect(piece.channels[0]!.length * piece.channels.length).toBeLessThan(2_200_000);
    }
    if (file.sampleCount !== undefined)
      expect(sampleCount).toBeLessThanOrEqual(Math.max(0, file.sampleCount - startSample));
    await file.close();
  } catch (error) {
    if (!isSpeechTokensError(error, 'audio-decode')) throw error;
  }
}

const change = fc.record({
  kind: fc.constantFrom('set', 'cut', 'remove', 'insert', 'repeat'),
  // Most of what can go wrong stands in headers.
  at: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.nat(20_000)),
  length: fc.integer({ min: 1, max: 40 }),
  value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
});

function apply(
  bytes: Uint8Array,
  { kind, at, length, value }: { kind: string; at: number; length: number; value: number },
): Uint8Array {
  const place = at % Math.max(1, bytes.length);
  if (kind === 'set') {
    const copy = bytes.slice();
    copy[place] = value;
    return copy;
  }
  const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)];
  if (kind === 'cut') return head;
  if (kind === 'remove') return bytesOf(head, tail.subarray(length));
  if (kind === 'insert') return bytesOf(head, new Uint8Array(length).fill(value), tail);
  return bytesOf(head, tail.subarray(0, length), tail);
}

const ramp = Array.from({ length: 600 }, (_, i) => i * 50 - 15_000);
const aiffBody = bytesOf(
  'AIFC',
  chunk(
    'COMM',
    [
      ...number(2, 2, false),
      ...number(300, 4, false),
      ...number(16, 2, false),
      0x40,
      0x0e,
      0xac,
      0x44,
      ...number(0, 6),
      ...bytesOf('sowt'),
      0,
      0,
    ],
    false,
  ),
  chunk('SSND', bytesOf(number(0, 8), int16Bytes(ramp)), false),
);
const ds64 = chunk('ds64', [
  ...number(1e6, 8),
  ...number(1200, 8),
  ...number(600, 8),
  ...number(1, 4),
  ...bytesOf('LIST'),
  ...number(8, 8),
]);
const formatTail = [
  ...number(22, 2),
  ...number(16, 2),
  ...number(0, 4),
  ...number(1, 2),
  0,
  0,
  0,
  0,
  0x10,
  0,
  0x80,
  0,
  0,
  0xaa,
  0,
  0x38,
  0x9b,
  0x71,
];
const wavParts = { tag: 1, channelCount: 2, sampleRateHz: 16_000, bits: 16, data: int16Bytes(ramp) };

const seeds: readonly [string, Uint8Array, number][] = [
  ['WAV', makeWav(wavParts), 400],
  [
    'WAV with chunks and an extensible format',
    makeWav({ ...wavParts, tag: 0xfffe, formatTail, before: [chunk('LIST', [1, 2, 3])] }),
    400,
  ],
  ['RF64', makeWav({ ...wavParts, riff: 'RF64', before: [ds64], dataSize: 0xffffffff }), 300],
  ['AIFF-C', bytesOf('FORM', number(aiffBody.length, 4, false), aiffBody), 400],
  [
    'FLAC',
    makeFlac({
      bits: 16,
      channels: [ramp, ramp],
      stereo: 10,
      blockSizes: [100],
      subframe: { kind: 'fixed', order: 1, rice: 6 },
    }).bytes,
    300,
  ],
  [
    'FLAC of varying blocks with a seek table',
    makeFlac({
      bits: 16,
      channels: [ramp],
      blockSizes: [100, 90],
      subframe: { kind: 'verbatim' },
      seekPoints: [{ sample: 100, offset: 210 }],
    }).bytes,
    300,
  ],
  ['FLAC of another encoder', readFileSync(fixture('mono-16k.flac')), 150],
  ['MP3', readFileSync(fixture('mono-16k.mp3')), 150],
  ['MP3 of varying bit rate', readFileSync(fixture('stereo-44k-vbr.mp3')), 80],
  ['Ogg FLAC', readFileSync(fixture('mono-16k-flac.ogg')), 150],
  ['Ogg Opus', readFileSync(fixture('mono.opus')), 100],
  ['Ogg Vorbis', readFileSync(fixture('mono-16k.ogg')), 60],
];

describe('changed files give a typed error or audio', () => {
  beforeEach(() => {
    for (const method of ['error', 'warn', 'log'] as const) vi.spyOn(console, method);
  });
  afterEach(() => {
    for (const method of ['error', 'warn', 'log'] as const) expect(console[method]).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it.each(seeds)('%s', async (_, bytes, numRuns) => {
    await survives(bytes);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) =>
        survives(changes.reduce(apply, bytes)),
      ),
      { numRuns, seed: 20_261_122 },
    );
  });

  it('random bytes behind each signature', async () => {
    const signature = fc.constantFrom(
      'RIFF1234WAVE',
      'RF641234WAVE',
      'FORM1234AIFF',
      'FORM1234AIFC',
      'fLaC',
      'OggS',
      'ID3',
      '\u00ff\u00fb',
    );
    await fc.assert(
      fc.asyncProperty(signature, fc.uint8Array({ maxLength: 3000 }), (start, rest) => survives(bytesOf(start, rest))),
      { numRuns: 300, seed: 20_261_122 },
    );
  });
});
