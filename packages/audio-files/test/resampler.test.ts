import { createRandom, isSpeechTokensError, type PcmChunk } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertClip, convertStream, createResampler, resampleClip } from '../src/index.ts';
import { collect } from './support/collect.ts';

function noise(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.nextUnit() - 0.5);
}

async function inPieces(
  channels: Float32Array[],
  fromHz: number,
  toHz: number,
  sizes: readonly number[],
): Promise<Float32Array[]> {
  const resampler = await createResampler({ fromHz, toHz, channelCount: channels.length });
  const out = channels.map((): number[] => []);
  const take = (made: Float32Array[]): void => {
    for (const [channel, samples] of made.entries()) for (const value of samples) out[channel]!.push(value);
  };
  for (let at = 0, i = 0; at < channels[0]!.length; i++) {
    const size = sizes.length === 0 ? channels[0]!.length : sizes[i % sizes.length]!;
    take(resampler.push(channels.map((samples) => samples.slice(at, at + size))));
    at += size;
  }
  take(resampler.flush());
  return out.map((samples) => Float32Array.from(samples));
}

const rates = [8000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000];

describe('createResampler', () => {
  it('gives the same bits whatever the pieces, and round(n * to / from) samples', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...rates),
        fc.constantFrom(...rates),
        fc.integer({ min: 0, max: 12_000 }),
        fc
          .array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 6 })
          .map((sizes) => [...sizes, 1 + (sizes[0] ?? 0)]),
        fc.integer({ min: 1, max: 3 }),
        async (fromHz, toHz, length, sizes, channelCount) => {
          const channels = Array.from({ length: channelCount }, (_, i) => noise(length, length + i));
          const whole = await inPieces(channels, fromHz, toHz, []);
          const pieces = await inPieces(channels, fromHz, toHz, sizes);
          expect(pieces).toEqual(whole);
          expect(whole[0]!.length).toBe(Math.round((length * toHz) / fromHz));
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([
    [1_000_000, 8000],
    [8000, 1_000_000],
    [44_101, 15_999],
    [1, 16_000],
  ])('works at odd rates: %i Hz to %i Hz', async (fromHz, toHz) => {
    const length = Math.ceil(Math.max(3, fromHz / 100));
    const whole = await inPieces([noise(length, 1)], fromHz, toHz, []);
    expect(whole[0]!.length).toBe(Math.round((length * toHz) / fromHz));
    expect(await inPieces([noise(length, 1)], fromHz, toHz, [7])).toEqual(whole);
    expect(whole[0]!.every(Number.isFinite)).toBe(true);
  });

  it('copies where the rates are equal', async () => {
    const samples = noise(1000, 1);
    const [copy] = await inPieces([samples], 16_000, 16_000, [77]);
    expect(copy).toEqual(samples);
    const resampler = await createResampler({ fromHz: 16_000, toHz: 16_000, channelCount: 1 });
    expect(resampler.push([samples])[0]).not.toBe(samples);
  });

  it('neither keeps nor changes its input, and its output is not used again', async () => {
    const resampler = await createResampler({ fromHz: 48_000, toHz: 16_000, channelCount: 1 });
    const input = noise(6000, 1);
    const before = input.slice();
    const first = resampler.push([input])[0]!;
    expect(input).toEqual(before);
    const kept = first.slice();
    input.fill(9);
    resampler.push([noise(6000, 2)]);
    expect(first).toEqual(kept);
    resampler.close();
  });

  it('refuses what does not fit, with typed errors', async () => {
    for (const options of [
      { fromHz: 0, toHz: 1, channelCount: 1 },
      { fromHz: 1, toHz: 2e6, channelCount: 1 },
      { fromHz: 8000.5, toHz: 8000, channelCount: 1 },
      { fromHz: 8000, toHz: 8000, channelCount: 0 },
    ]) {
      const error = await createResampler(options).catch((e: unknown) => e);
      expect(isSpeechTokensError(error, 'argument-invalid')).toBe(true);
    }
    const resampler = await createResampler({ fromHz: 8000, toHz: 16_000, channelCount: 2 });
    const caught = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return error;
      }
    };
    expect(
      isSpeechTokensError(
        caught(() => resampler.push([noise(3, 1)])),
        'audio-format',
      ),
    ).toBe(true);
    expect(
      isSpeechTokensError(
        caught(() => resampler.push([noise(3, 1), noise(4, 1)])),
        'audio-format',
      ),
    ).toBe(true);
    resampler.flush();
    resampler.close();
    expect(
      isSpeechTokensError(
        caught(() => resampler.push([noise(1, 1), noise(1, 1)])),
        'session-closed',
      ),
    ).toBe(true);
    expect(
      isSpeechTokensError(
        caught(() => resampler.flush()),
        'session-closed',
      ),
    ).toBe(true);
  });

  it('many of them at once do not disturb each other', async () => {
    const samples = noise(5000, 3);
    const [alone] = await inPieces([samples], 44_100, 16_000, []);
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => inPieces([samples], 44_100, 16_000, [100 + i])));
    for (const [one] of all) expect(one).toEqual(alone);
  });
});

function chunksOf(channels: readonly Float32Array[], sampleRateHz: number, size: number, from = 0): PcmChunk[] {
  const chunks: PcmChunk[] = [];
  for (let at = 0; at < channels[0]!.length; at += size) {
    chunks.push({
      sampleRateHz,
      startSample: from + at,
      channels: channels.map((samples) => samples.slice(at, at + size)),
    });
  }
  return chunks;
}

async function* streamOf(chunks: readonly PcmChunk[]): AsyncGenerator<PcmChunk> {
  yield* chunks;
}

describe('convertStream', () => {
  it('equals converting the clip, whatever the pieces', async () => {
    const channels = [noise(20_000, 1), noise(20_000, 2)];
    const wanted = { sampleRateHz: 16_000, channelCount: 1 };
    const clip = await convertClip({ sampleRateHz: 44_100, channels }, wanted);
    for (const size of [1, 333, 20_000]) {
      // Pieces of one sample are slow: fewer of them.
      const part = size === 1 ? channels.map((samples) => samples.slice(0, 500)) : channels;
      const reference = size === 1 ? await convertClip({ sampleRateHz: 44_100, channels: part }, wanted) : clip;
      const stream = await collect(convertStream(streamOf(chunksOf(part, 44_100, size)), wanted));
      expect(stream.startSample).toBe(0);
      expect(stream.channels).toEqual(reference.channels);
    }
    const resampled = await resampleClip({ sampleRateHz: 44_100, channels }, 16_000);
    expect(resampled.channels[0]!.length).toBe(clip.channels[0]!.length);
  });

  it('picks a channel, copies mono, and starts at 0', async () => {
    const channels = [noise(1000, 1), noise(1000, 2)];
    const picked = convertStream(
      streamOf(chunksOf(channels, 16_000, 100, 5000)),
      { sampleRateHz: 16_000, channelCount: 1 },
      { mix: { channel: 1 } },
    );
    expect(await collect(picked)).toMatchObject({ startSample: 0, channels: [channels[1]] });
    const doubled = convertStream(streamOf(chunksOf([channels[0]!], 16_000, 100)), {
      sampleRateHz: 16_000,
      channelCount: 2,
    });
    expect((await collect(doubled)).channels).toEqual([channels[0], channels[0]]);
  });

  it('notices gaps, changes of format, and aborts', async () => {
    const chunks = chunksOf([noise(1000, 1)], 8000, 100);
    const wanted = { sampleRateHz: 16_000, channelCount: 1 };
    const run = (list: readonly PcmChunk[], signal?: AbortSignal): Promise<unknown> =>
      collect(convertStream(streamOf(list), wanted, signal ? { signal } : {})).catch((e: unknown) => e);
    expect(isSpeechTokensError(await run([chunks[0]!, chunks[2]!]), 'stream-order')).toBe(true);
    expect(isSpeechTokensError(await run([chunks[0]!, { ...chunks[1]!, sampleRateHz: 9000 }]), 'audio-format')).toBe(
      true,
    );
    const stereo = { ...chunks[0]!, channels: [chunks[0]!.channels[0]!, chunks[0]!.channels[0]!] };
    const error = await collect(convertStream(streamOf([stereo]), { sampleRateHz: 16_000, channelCount: 5 })).catch(
      (e: unknown) => e,
    );
    expect(isSpeechTokensError(error, 'audio-format')).toBe(true);
    const reason = new Error('enough');
    expect(await run(chunks, AbortSignal.abort(reason))).toBe(reason);
  });
});
