import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyGrid, snacSpace, spaceOf } from '../../test/support/arbitrary-grids.ts';
import { memorySink } from '../../test/support/memory-sink.ts';
import { type ByteSource, bytesSource } from '../bytes/byte-source.ts';
import { readSafetensorsHeader } from '../safetensors/read-safetensors-header.ts';
import { alignmentSamples } from '../tokens/frame-clock.ts';
import { takeCodebooks } from '../tokens/take-codebooks.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { flatten } from '../transforms/flatten.ts';
import { timeOrderedLayout } from '../transforms/flatten-layout.ts';
import { joinGrids } from '../transforms/join-grids.ts';
import { mergeRepeats } from '../transforms/merge-repeats.ts';
import { sliceGrid } from '../transforms/slice-grid.ts';
import { openTokenFile } from './open-token-file.ts';
import { createTokenFileWriter, type TokenFileWriterOptions } from './token-file-writer.ts';

const ids = (...values: number[]) => Uint32Array.from(values);

async function fileOf(grids: readonly TokenGrid[], options: Partial<TokenFileWriterOptions> = {}): Promise<Uint8Array> {
  const first = grids[0] as TokenGrid;
  const writer = createTokenFileWriter({
    tokenSpace: first.tokenSpace,
    codebookCount: first.tracks.length,
    ...options,
  });
  for (const grid of grids) writer.append(grid);
  const sink = memorySink();
  const sizeBytes = await writer.writeTo(sink);
  expect(sink.bytes().byteLength).toBe(sizeBytes);
  return sink.bytes();
}

/** Grids as they are, merged, and (where that is possible) flattened. */
const anyFileGrid = fc.tuple(anyGrid, fc.constantFrom('plain', 'merged', 'flat')).map(([grid, form]) => {
  if (form === 'merged') return mergeRepeats.apply(grid);
  if (form === 'plain' || grid.tokenSpace.id === 'test:6-4') return grid;
  const options = { codebookCount: grid.tracks.length, idOffsets: 'slot' as const };
  return flatten(timeOrderedLayout(grid.tokenSpace, options)).apply(grid);
});
const fractionLists = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 3 });

async function collect(grids: AsyncIterable<TokenGrid>): Promise<TokenGrid[]> {
  const all: TokenGrid[] = [];
  for await (const grid of grids) all.push(grid);
  return all;
}

/** Cuts a grid at fractions of its length, rounded to frames; a grid without a clock stays whole. */
function pieces(grid: TokenGrid, fractions: readonly number[]): TokenGrid[] {
  if (grid.tokenSpace.codebooks[0]?.hopSamples === undefined) return [grid];
  const step = alignmentSamples(grid.tokenSpace) as number;
  const { startSample, sampleCount } = grid;
  const inner = fractions.map((fraction) => Math.floor((startSample + fraction * sampleCount) / step) * step);
  const cuts = [startSample, ...inner.sort((a, b) => a - b), startSample + sampleCount];
  return cuts.slice(1).map((cut, index) => sliceGrid(grid, cuts[index] as number, cut));
}

describe('writing and reading', () => {
  test('gives back any grid, whatever the pieces it came in', async () => {
    await fc.assert(
      fc.asyncProperty(anyFileGrid, fractionLists, async (grid, fractions) => {
        const file = await fileOf(pieces(grid, fractions));
        expect(file).toEqual(await fileOf([grid]));
        const opened = await openTokenFile(bytesSource(file));
        expect(await opened.read()).toEqual(grid);
        expect(opened).toMatchObject({ startSample: grid.startSample, sampleCount: grid.sampleCount });
        expect(opened.codebookCount).toBe(grid.tracks.length);
      }),
      { numRuns: 300 },
    );
  });

  test('a range is the slice of the whole; grids joined are the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyFileGrid.filter((grid) => grid.tokenSpace.codebooks[0]?.hopSamples !== undefined),
        fractionLists,
        fc.integer({ min: 1, max: 40 }),
        async (grid, fractions, grainSamples) => {
          const opened = await openTokenFile(bytesSource(await fileOf([grid])));
          for (const slice of pieces(grid, fractions)) {
            const { startSample, sampleCount } = slice;
            const range = { startSample, endSample: startSample + sampleCount };
            expect(await opened.read(range)).toEqual(slice);
            expect(await opened.read({ ...range, codebookCount: 1 })).toEqual(takeCodebooks(slice, 1));
          }
          const grids = await collect(opened.grids(grainSamples));
          expect(joinGrids(grids)).toEqual(grid);
          const grain = Math.max(grainSamples, alignmentSamples(grid.tokenSpace) as number);
          for (const part of grids) expect(part.sampleCount).toBeLessThan(grain * 2);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('ranges of a long merged track, in any order, are found by blocks', async () => {
    const tokenSpace = spaceOf([4], 300);
    const frames = Uint32Array.from({ length: 150_000 }, (_, index) => Math.floor(index / 2) % 300);
    const grid = mergeRepeats.apply({ tokenSpace, startSample: 0, sampleCount: 600_000, tracks: [{ ids: frames }] });
    const file = await fileOf([grid]);
    let readBytes = 0;
    const source: ByteSource = {
      ...bytesSource(file),
      read(offset, length, options) {
        readBytes += length;
        return bytesSource(file).read(offset, length, options);
      },
    };
    const opened = await openTokenFile(source);
    for (const [from, to] of [
      [580_000, 580_400],
      [4, 8],
      [300_004, 420_000],
      [131_064, 131_080],
      [599_996, 600_000],
    ] as const) {
      const range = { startSample: from, endSample: to };
      expect(await opened.read(range)).toEqual(sliceGrid(grid, from, to));
    }
    readBytes = 0;
    await opened.read({ startSample: 580_000, endSample: 580_400 });
    // The second time just one block of durations is read, of one byte each, not those before it.
    expect(readBytes).toBeLessThan(17_000);
  });

  test('reads nothing but the header at first, then just the range', async () => {
    const count = 10_000;
    const track = { ids: new Uint32Array(count) };
    const file = await fileOf([
      { tokenSpace: spaceOf([4], 1024), startSample: 0, sampleCount: 4 * count, tracks: [track] },
    ]);
    const reads: number[] = [];
    const source: ByteSource = {
      ...bytesSource(file),
      read(offset, length, options) {
        reads.push(length);
        return bytesSource(file).read(offset, length, options);
      },
    };
    const opened = await openTokenFile(source);
    expect(reads).toEqual([8, file.byteLength - 2 * count]);
    reads.length = 0;
    await opened.read({ startSample: 400, endSample: 440 });
    expect(reads).toEqual([20]);
  });

  test('ids are as narrow as their codebook, durations as their longest, wide ones first', async () => {
    const tokenSpace = spaceOf([4, 4, 4, 4], [256, 257, 65_536, 65_537]);
    const tracks = [255, 256, 65_535, 65_536].map((id) => ({ ids: ids(...new Array<number>(300).fill(id)) }));
    const plain: TokenGrid = { tokenSpace, startSample: 0, sampleCount: 1200, tracks };
    const dtypes = async (grid: TokenGrid) => {
      const header = await readSafetensorsHeader(bytesSource(await fileOf([grid])));
      return Object.fromEntries([...header.tensors].map(([name, { dtype, shape }]) => [name, `${dtype} ${shape}`]));
    };
    const wanted = { 'ids.3': 'U32 300', 'ids.1': 'U16 300', 'ids.2': 'U16 300', 'ids.0': 'U8 300' };
    const found = await dtypes(plain);
    expect(found).toEqual(wanted);
    expect(Object.keys(found)).toEqual(Object.keys(wanted));
    const merged = await dtypes(mergeRepeats.apply(plain));
    expect(merged).toMatchObject({ 'ids.3': 'U32 1', 'durations.0': 'U16 1' });
    const short = sliceGrid(plain, 0, 1020);
    expect(await dtypes(mergeRepeats.apply(short))).toMatchObject({ 'durations.0': 'U8 1', 'durations.3': 'U8 1' });
  });

  test('a run that grows over seams widens its durations', async () => {
    const plain: TokenGrid = {
      tokenSpace: spaceOf([4]),
      startSample: 0,
      sampleCount: 1024,
      tracks: [{ ids: new Uint32Array(256) }],
    };
    const whole = mergeRepeats.apply(plain);
    const file = await fileOf(pieces(whole, [0.5]));
    expect(file).toEqual(await fileOf([whole]));
    const header = await readSafetensorsHeader(bytesSource(file));
    expect(header.tensors.get('durations.0')?.dtype).toBe('U16');
    expect(await (await openTokenFile(bytesSource(file))).read()).toEqual(whole);
  });

  test('keeps source and generator', async () => {
    const grid: TokenGrid = { tokenSpace: spaceOf([4]), startSample: 0, sampleCount: 4, tracks: [{ ids: ids(1) }] };
    const source = { name: 'größe 名.wav', sha256: 'ab'.repeat(32) };
    const opened = await openTokenFile(bytesSource(await fileOf([grid], { source, generator: 'test 1' })));
    expect(opened).toMatchObject({ source, generator: 'test 1' });
    const bare = await openTokenFile(bytesSource(await fileOf([grid])));
    expect(bare).toMatchObject({ source: {}, generator: '@speech-tokens/core' });
  });

  test('no grids give the file of an empty recording', async () => {
    for (const tokenSpace of [snacSpace, mergeRepeats.outputSpace(snacSpace), spaceOf([undefined])]) {
      const sink = memorySink();
      await createTokenFileWriter({ tokenSpace }).writeTo(sink);
      const opened = await openTokenFile(bytesSource(sink.bytes()));
      const grid = await opened.read();
      expect(grid).toMatchObject({ tokenSpace, startSample: 0, sampleCount: 0 });
      expect(grid.tracks).toHaveLength(tokenSpace.codebooks.length);
      expect(await collect(opened.grids(100))).toEqual([grid]);
    }
  });

  test('a refused grid leaves no trace', async () => {
    const first = mergeRepeats.apply({
      tokenSpace: spaceOf([4, 4]),
      startSample: 0,
      sampleCount: 8,
      tracks: [{ ids: ids(1, 1) }, { ids: ids(2, 2) }],
      sideTracks: [{ name: 'scale', hopSamples: 12, valuesPerFrame: 1, values: Float32Array.of(1) }],
    });
    const next = {
      ...first,
      startSample: 8,
      sideTracks: [{ ...first.sideTracks?.[0], values: Float32Array.of(1, 2) }],
    } as TokenGrid;
    const disagrees = {
      ...next,
      sideTracks: [{ ...next.sideTracks?.[0], values: Float32Array.of(9, 2) }],
    } as TokenGrid;
    const outOfRange = { ...next, tracks: [next.tracks[0], { ids: ids(16), durationsFrames: ids(2) }] } as TokenGrid;
    const writer = createTokenFileWriter({ tokenSpace: first.tokenSpace });
    writer.append(first);
    for (const bad of [disagrees, outOfRange, { ...next, startSample: 12 }, takeCodebooks(next, 1)]) {
      expect(() => writer.append(bad)).toThrow();
    }
    writer.append(next);
    const sink = memorySink();
    await writer.writeTo(sink);
    expect(sink.bytes()).toEqual(await fileOf([joinGrids([first, next])]));
    expect(writer.sampleCount).toBe(16);
  });

  test('a first grid that is refused does not settle where the file starts', async () => {
    const good: TokenGrid = { tokenSpace: spaceOf([4]), startSample: 8, sampleCount: 4, tracks: [{ ids: ids(1) }] };
    const writer = createTokenFileWriter({ tokenSpace: good.tokenSpace });
    expect(() => writer.append({ ...good, startSample: 0, tracks: [{ ids: ids(99) }] })).toThrow(/out of range/);
    writer.append(good);
    const sink = memorySink();
    await writer.writeTo(sink);
    expect((await openTokenFile(bytesSource(sink.bytes()))).startSample).toBe(8);
  });

  test('refuses other spaces and codebook counts', () => {
    expect(() => createTokenFileWriter({ tokenSpace: snacSpace, codebookCount: 4 })).toThrow(/found 4, wanted 1 to 3/);
    const writer = createTokenFileWriter({ tokenSpace: snacSpace, codebookCount: 1 });
    const other = { tokenSpace: spaceOf([4]), startSample: 0, sampleCount: 0, tracks: [{ ids: ids() }] };
    expect(() => writer.append(other)).toThrow(/another token space/);
  });

  test('stops with the reason of the signal', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const grid: TokenGrid = { tokenSpace: spaceOf([4]), startSample: 0, sampleCount: 4, tracks: [{ ids: ids(1) }] };
    const writer = createTokenFileWriter({ tokenSpace: grid.tokenSpace });
    writer.append(grid);
    const file = await fileOf([grid]);
    const opened = await openTokenFile(bytesSource(file));
    const sink = {
      async write() {
        controller.abort(reason);
      },
    };
    await expect(writer.writeTo(sink, { signal: controller.signal })).rejects.toBe(reason);
    await expect(opened.read({ signal: controller.signal })).rejects.toBe(reason);
    await expect(openTokenFile(bytesSource(file), { signal: controller.signal })).rejects.toBe(reason);
  });

  test('spans come with their runs, in whole and in parts', async () => {
    const tokenSpace: TokenSpace = { ...spaceOf([4]), durations: 'spans-of-runs' };
    const track = { ids: ids(5, 6, 5), durationsFrames: ids(3, 2, 400), runDurationsFrames: ids(1, 2, 2, 300, 100) };
    const grid: TokenGrid = { tokenSpace, startSample: 8, sampleCount: 4 * 405, tracks: [track] };
    const file = await fileOf([grid]);
    const header = await readSafetensorsHeader(bytesSource(file));
    expect(header.tensors.get('run_durations.0')).toMatchObject({ dtype: 'U16', shape: [5] });
    const opened = await openTokenFile(bytesSource(file));
    expect(await opened.read()).toEqual(grid);
    for (const [startSample, endSample] of [
      [8, 20],
      [20, 28],
      [28, 1628],
      [20, 1628],
      [28, 28],
    ] as const) {
      expect(await opened.read({ startSample, endSample })).toEqual(sliceGrid(grid, startSample, endSample));
    }
    await expect(opened.read({ endSample: 12 })).rejects.toThrow(/cuts through a token/);
    const empty = await openTokenFile(bytesSource(await fileOf([sliceGrid(grid, 28, 28)])));
    expect(await empty.read()).toEqual(sliceGrid(grid, 28, 28));
  });

  test('refuses ranges and counts that the file does not have', async () => {
    const grid: TokenGrid = {
      tokenSpace: spaceOf([4, 4]),
      startSample: 8,
      sampleCount: 12,
      tracks: [{ ids: ids(1, 2, 3) }],
    };
    const opened = await openTokenFile(bytesSource(await fileOf([grid])));
    await expect(opened.read({ codebookCount: 2 })).rejects.toMatchObject({ code: 'argument-invalid' });
    await expect(opened.read({ codebookCount: 0 })).rejects.toMatchObject({ code: 'argument-invalid' });
    await expect(opened.read({ startSample: 10 })).rejects.toThrow(/cuts through a frame/);
    await expect(opened.read({ startSample: 4 })).rejects.toThrow(/not within the tokens/);
    await expect(opened.grids(0).next()).rejects.toMatchObject({ details: { argument: 'grainSamples' } });
    const flat = flatten(timeOrderedLayout(grid.tokenSpace, { idOffsets: 'none' })).apply({
      ...grid,
      tracks: [{ ids: ids(1, 2, 3) }, { ids: ids(4, 5, 6) }],
    });
    const openedFlat = await openTokenFile(bytesSource(await fileOf([flat])));
    await expect(openedFlat.read({ startSample: 12 })).rejects.toThrow(/without a clock/);
    const spans: TokenSpace = { ...spaceOf([4]), durations: 'spans' };
    const spanGrid = { ...grid, tokenSpace: spans, tracks: [{ ids: ids(5, 5), durationsFrames: ids(1, 2) }] };
    const openedSpans = await openTokenFile(bytesSource(await fileOf([spanGrid])));
    await expect(openedSpans.read({ startSample: 16 })).rejects.toThrow(/cuts through a token of codebook codebook-0/);
    await expect(openedSpans.read({ endSample: 16 })).rejects.toThrow(/cuts through a token/);
    expect((await openedSpans.read({ startSample: 12 })).tracks[0]).toEqual({ ids: ids(5), durationsFrames: ids(2) });
    expect(await collect(openedSpans.grids(4))).toEqual([spanGrid]);
  });
});
