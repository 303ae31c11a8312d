import {
  type DetokenizeOptions,
  type DetokenizerWindow,
  isSpeechTokensError,
  type PcmChunk,
  type SpeechDetokenizerV1,
  sliceGrid,
  type TokenGrid,
  type TokenSpace,
} from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gridOf, snac } from '../../test/support/spaces.ts';
import { streamAudio } from './stream-audio.ts';
import { streamingOf } from './windowed-streaming.ts';

const space: TokenSpace = {
  id: 'test:units',
  sampleRateHz: 16_000,
  codebooks: [{ name: 'units', size: 1000, hopSamples: 100 }],
  prefixDecodable: true,
};
const soundHop = 150;

/**
 * A fake whose sound of a frame is made of the ids around it, as far as the grid has them, and of `drift` for each frame
 * since the grid's start: what a model without enough context does.
 */
function fakeDetokenizer(options: { radius?: number; drift?: number; tokenSpace?: TokenSpace } = {}) {
  const { radius = 0, drift = 0, tokenSpace = space } = options;
  const calls: { grid: TokenGrid; options: DetokenizeOptions | undefined }[] = [];
  const detokenizer: SpeechDetokenizerV1 = {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz * 1.5, channelCount: 2 },
    async detokenize(grid, callOptions) {
      callOptions?.signal?.throwIfAborted();
      calls.push({ grid, options: callOptions });
      const hop = (tokenSpace.codebooks[0]?.hopSamples as number) * 1.5;
      const ids = grid.tracks[0]?.ids as Uint32Array;
      const samples = Float32Array.from({ length: Math.round(grid.sampleCount * 1.5) }, (_, sample) => {
        const frame = Math.floor(sample / hop);
        const around = ids.slice(Math.max(0, frame - radius), frame + radius + 1).reduce((sum, id) => sum + id, 0);
        return around + drift * (sample / hop);
      });
      return { sampleRateHz: tokenSpace.sampleRateHz * 1.5, channels: [samples, samples.map((value) => -value)] };
    },
    async close() {},
  };
  return { detokenizer, calls };
}

const unitsOf = (sampleCount: number, startSample = 0): TokenGrid =>
  gridOf(space, 1, sampleCount, (_, frame) => (frame * 37) % 11, startSample);

/** Pushes a grid in pieces of so many frames. */
async function stream(
  detokenizer: SpeechDetokenizerV1,
  window: DetokenizerWindow,
  grid: TokenGrid,
  sizes: readonly number[] = [1],
): Promise<PcmChunk[]> {
  const session = await streamingOf(detokenizer, window).open();
  const chunks: PcmChunk[] = [];
  const end = grid.startSample + grid.sampleCount;
  const step = detokenizer.tokenSpace.codebooks[0]?.hopSamples as number;
  for (let at = grid.startSample, i = 0; at < end; i++) {
    const next = Math.min(end, at + (sizes[i % sizes.length] as number) * step);
    chunks.push(...(await session.push(sliceGrid(grid, at, next))));
    at = next;
  }
  chunks.push(...(await session.flush()));
  await session.close();
  return chunks;
}

/** The sound of chunks that follow each other exactly. */
function joinedSound(chunks: readonly PcmChunk[], startSample = 0): number[] {
  let at = startSample;
  for (const chunk of chunks) {
    expect(chunk.startSample).toBe(at);
    expect(chunk.channels[1]).toEqual(chunk.channels[0]?.map((value) => -value));
    at += chunk.channels[0]?.length as number;
  }
  return chunks.flatMap(({ channels }) => [...(channels[0] as Float32Array)]);
}

describe('windows over a detokenizer', () => {
  test('with enough context give the sound of the whole, sample for sample, whatever is pushed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3000),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        fc.constantFrom(0, 2, Number.POSITIVE_INFINITY),
        async (sampleCount, sizes, blockFrames, radius, extra) => {
          const { detokenizer } = fakeDetokenizer({ radius });
          const grid = unitsOf(sampleCount);
          const whole = await detokenizer.detokenize(grid);
          const window = {
            blockFrames,
            // What is faded needs context of its own.
            lookaheadFrames: radius + 1,
            leftContextFrames: radius + extra,
            overlapSamples: extra === 0 ? 0 : 100,
          };
          const sound = joinedSound(await stream(detokenizer, window, grid, sizes));
          expect(sound.length).toBe(Math.round(sampleCount * 1.5));
          for (const [sample, value] of sound.entries())
            expect(value).toBeCloseTo(whole.channels[0]?.[sample] as number, 4);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('begin where the tokens begin', async () => {
    const { detokenizer } = fakeDetokenizer();
    const chunks = await stream(detokenizer, { blockFrames: [2] }, unitsOf(1050, 4000));
    expect(joinedSound(chunks, 6000).length).toBe(1575);
  });

  test('are those of Orpheus: four frames, of which the second is kept', async () => {
    const { detokenizer, calls } = fakeDetokenizer({ tokenSpace: snac });
    const grid = gridOf(snac, 3, 6 * 2048, (_, frame) => frame);
    await stream(detokenizer, { blockFrames: [1], leftContextFrames: 1, lookaheadFrames: 2 }, grid);
    const windows = calls.map(({ grid: { startSample, sampleCount } }) => [startSample / 2048, sampleCount / 2048]);
    expect(windows).toEqual([
      [0, 3],
      [0, 4],
      [1, 4],
      [2, 4],
      [3, 3],
      [4, 2],
    ]);
  });

  test('grow block by block, with all that came before', async () => {
    const { detokenizer, calls } = fakeDetokenizer();
    const window = { blockFrames: [2, 3, 5], leftContextFrames: Number.POSITIVE_INFINITY };
    const chunks = await stream(detokenizer, window, unitsOf(1700));
    expect(chunks.map(({ channels }) => channels[0]!.length / soundHop)).toEqual([2, 3, 5, 5, 2]);
    expect(calls.map(({ grid }) => grid.sampleCount / 100)).toEqual([2, 5, 10, 15, 17]);
  });

  test('give a block as soon as it and its look-ahead are there: the latency that is declared', async () => {
    const window = { blockFrames: [2, 4], lookaheadFrames: 3 };
    const { detokenizer } = fakeDetokenizer();
    const streaming = streamingOf(detokenizer, window);
    const session = await streaming.open();
    const given: number[] = [];
    let longest = 0;
    for (let frame = 0; frame < 30; frame++) {
      const chunks = await session.push(unitsOf(100, frame * 100));
      for (const { startSample, channels } of chunks) {
        given.push(frame);
        const firstSample = startSample / 1.5;
        longest = Math.max(longest, (frame + 1) * 100 - firstSample);
        expect(channels[0]!.length).toBeGreaterThan(0);
      }
    }
    expect(given).toEqual([4, 8, 12, 16, 20, 24, 28]);
    expect(longest).toBe(streaming.latencySamples);
  });

  test('hold no more than a window', async () => {
    const { detokenizer, calls } = fakeDetokenizer();
    for (const window of [{ blockFrames: [1] }, { blockFrames: [2], leftContextFrames: 3, lookaheadFrames: 1 }]) {
      const session = await streamingOf(detokenizer, window).open();
      for (let frame = 0; frame < 50; frame++) await session.push(unitsOf(100, frame * 100));
      const { data } = await session.saveState!();
      const { held } = (data as { stream: { held: { ids: Uint32Array[] } } }).stream;
      expect(held.ids[0]!.length).toBeLessThan(8);
    }
    expect(Math.max(...calls.map(({ grid }) => grid.sampleCount))).toBeLessThanOrEqual(600);
  });

  test('fade into each other without a click', async () => {
    // A drift by the place in the window: blocks of four frames start 4 lower than the last one ended.
    const grid = gridOf(space, 1, 4000, () => 0);
    const jumps = async (overlapSamples: number): Promise<number> => {
      const { detokenizer } = fakeDetokenizer({ drift: 1 });
      const sound = joinedSound(
        await stream(detokenizer, { blockFrames: [4], lookaheadFrames: 2, overlapSamples }, grid),
      );
      expect(sound.length).toBe(6000);
      return Math.max(...sound.slice(1).map((value, index) => Math.abs(value - sound[index]!)));
    };
    expect(await jumps(0)).toBeGreaterThan(3.9);
    // The steepest part of a raised cosine: π/2 · 4 over 300 samples, and the drift itself.
    expect(await jumps(300)).toBeLessThan(((Math.PI / 2) * 4) / 300 + 2 / soundHop);
  });

  test('pass settings on', async () => {
    const { detokenizer, calls } = fakeDetokenizer();
    const settings = { codebookCount: 1, conditioning: { speaker: 3 } };
    const session = await streamingOf(detokenizer, { blockFrames: [1] }).open(settings);
    await session.push(unitsOf(100));
    expect(calls[0]?.options).toMatchObject(settings);
  });

  test('go on from a saved state, and start over', async () => {
    const { detokenizer } = fakeDetokenizer({ radius: 1, drift: 1 });
    const window = { blockFrames: [2, 3], leftContextFrames: 2, lookaheadFrames: 1, overlapSamples: 50 };
    const grid = unitsOf(2050);
    const expected = joinedSound(await stream(detokenizer, window, grid));
    const streaming = streamingOf(detokenizer, window);
    for (const cut of [0, 100, 700, 1900]) {
      const first = await streaming.open();
      const chunks = [...(await first.push(sliceGrid(grid, 0, cut)))];
      const second = await streaming.open({ state: structuredClone(await first.saveState!()) });
      chunks.push(...(await second.push(sliceGrid(grid, cut, 2050))), ...(await second.flush()));
      expect(joinedSound(chunks)).toEqual(expected);
      second.reset();
      expect(joinedSound([...(await second.push(grid)), ...(await second.flush())])).toEqual(expected);
    }
    const other = await streamingOf(detokenizer, { ...window, blockFrames: [2] }).open();
    const state = await other.saveState!();
    await expect(streaming.open({ state })).rejects.toMatchObject({ code: 'session-state-invalid' });
  });

  test('stop at an abort, and stand where they stood', async () => {
    const { detokenizer, calls } = fakeDetokenizer();
    const session = await streamingOf(detokenizer, { blockFrames: [1] }).open();
    const abort = new AbortController();
    const detokenize = detokenizer.detokenize.bind(detokenizer);
    // One that does not look at the signal: between blocks it is looked at all the same.
    detokenizer.detokenize = (grid) => {
      if (calls.length === 2) abort.abort(new Error('enough'));
      return detokenize(grid);
    };
    await expect(session.push(unitsOf(1000), { signal: abort.signal })).rejects.toThrow('enough');
    expect(joinedSound([...(await session.push(unitsOf(1000))), ...(await session.flush())]).length).toBe(1500);
    expect(calls.length).toBe(3 + 10);
  });

  test('refuse tokens that do not follow, and windows that cannot be', async () => {
    const { detokenizer } = fakeDetokenizer();
    const session = await streamingOf(detokenizer, { blockFrames: [1] }).open();
    await session.push(unitsOf(100));
    await expect(session.push(unitsOf(100, 200))).rejects.toMatchObject({ code: 'stream-order' });
    const bad: DetokenizerWindow[] = [
      { blockFrames: [] },
      { blockFrames: [1, 0] },
      { blockFrames: [1], lookaheadFrames: -1 },
      { blockFrames: [1], leftContextFrames: 0.5 },
      { blockFrames: [1], overlapSamples: 1 },
      { blockFrames: [1], lookaheadFrames: 2, overlapSamples: 151 },
    ];
    const codeOf = (make: () => unknown): unknown => {
      try {
        return make();
      } catch (error) {
        return isSpeechTokensError(error) ? error.code : error;
      }
    };
    for (const window of bad) expect(codeOf(() => streamingOf(detokenizer, window))).toBe('argument-invalid');
    expect(codeOf(() => streamingOf(detokenizer))).toBe('argument-invalid');
    const odd = { ...detokenizer, audioFormat: { sampleRateHz: 22_050, channelCount: 1 } };
    expect(codeOf(() => streamingOf(odd, { blockFrames: [1] }))).toBe('argument-invalid');
  });

  test("are not used where a detokenizer's own stream is asked for", () => {
    const { detokenizer } = fakeDetokenizer();
    const streaming = streamingOf(detokenizer, { blockFrames: [1] });
    expect(streamingOf({ ...detokenizer, streaming })).toBe(streaming);
    expect(streamingOf({ ...detokenizer, streaming }, { blockFrames: [1] })).not.toBe(streaming);
  });
});

describe('the sound of a stream of tokens', () => {
  function source(count: number) {
    const seen = { made: 0, isStopped: false };
    async function* grids(): AsyncGenerator<TokenGrid> {
      try {
        for (let frame = 0; frame < count; frame++) {
          seen.made += 1;
          yield unitsOf(100, frame * 100);
        }
      } finally {
        seen.isStopped = true;
      }
    }
    return { seen, grids: grids() };
  }
  const streaming = () => streamingOf(fakeDetokenizer().detokenizer, { blockFrames: [1, 2], lookaheadFrames: 1 });

  test('is whole, with its tail', async () => {
    const chunks: PcmChunk[] = [];
    for await (const chunk of streamAudio(streaming(), source(10).grids)) chunks.push(chunk);
    expect(joinedSound(chunks).length).toBe(1500);
    expect(chunks.map(({ startSample }) => startSample / soundHop)).toEqual([0, 1, 3, 5, 7, 9]);
  });

  test('lets tokens be made only as it is listened to', async () => {
    const { seen, grids } = source(100);
    const sound = streamAudio(streaming(), grids);
    await sound.next();
    expect(seen.made).toBe(2);
    await sound.next();
    expect(seen.made).toBe(4);
    await sound.return();
    expect(seen.isStopped).toBe(true);
  });

  test('stops at an abort, also while it waits for tokens', async () => {
    const abort = new AbortController();
    const { seen, grids } = source(100);
    const sound = streamAudio(streaming(), grids, { signal: abort.signal });
    await sound.next();
    abort.abort(new Error('interrupted'));
    await expect(sound.next()).rejects.toThrow('interrupted');
    await new Promise((resolve) => setTimeout(resolve));
    expect(seen.isStopped).toBe(true);

    const waiting = new AbortController();
    const never: AsyncIterable<TokenGrid> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    const silent = streamAudio(streaming(), never, { signal: waiting.signal }).next();
    waiting.abort(new Error('no more'));
    await expect(silent).rejects.toThrow('no more');
  });

  test('passes the errors of its source on', async () => {
    async function* broken(): AsyncGenerator<TokenGrid> {
      yield unitsOf(100);
      throw new Error('the model broke');
    }
    const sound = streamAudio(streaming(), broken());
    await expect(sound.next()).rejects.toThrow('the model broke');
  });
});
