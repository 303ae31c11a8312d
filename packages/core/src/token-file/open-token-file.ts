import type { ByteSource } from '../bytes/byte-source.ts';
import { readFloats, readUnsignedIntegers } from '../bytes/little-endian.ts';
import type { CallOptions } from '../contract/call-options.ts';
import { isSpeechTokensError, SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { readSafetensorsHeader } from '../safetensors/read-safetensors-header.ts';
import { alignmentSamples, type SampleRange, sideRows } from '../tokens/frame-clock.ts';
import type { SideTrack, TokenGrid, TokenTrack } from '../tokens/token-grid.ts';
import type { Codebook } from '../tokens/token-space.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { checkCut, sliceGrid } from '../transforms/slice-grid.ts';
import { createRunIndex, type RunIndex } from './run-index.ts';
import { findTensors, type IntegerTensor } from './token-file-layout.ts';
import { readMetadata, type TokenFileMetadata, tokenFileError } from './token-file-metadata.ts';

type SignalOption = Pick<CallOptions, 'signal'>;

export interface ReadTokensOptions extends SignalOption, Partial<SampleRange> {
  /** How many codebooks to read, coarse first; all that the file has by default. */
  readonly codebookCount?: number;
}

/** A token file that is open for reading. Calls may overlap. */
export interface TokenFile extends TokenFileMetadata {
  /** How many of the space's codebooks the file holds: the first ones. */
  readonly codebookCount: number;
  /**
   * The tokens of a range, or all. Reads just these from the file. Ranges as `sliceGrid` takes them; the result is that
   * of `sliceGrid` on the whole.
   * @throws SpeechTokensError `argument-invalid` for a range or codebook count that the file does not have
   * @throws SpeechTokensError `token-file-invalid` where what is read contradicts the token space
   */
  read(options?: ReadTokensOptions): Promise<TokenGrid>;
  /**
   * The tokens from start to end in grids of about `grainSamples` (rounded up to whole frames), which joined equal the
   * whole: for long files. A space without a clock gives one grid.
   */
  grids(grainSamples: number, options?: Omit<ReadTokensOptions, keyof SampleRange>): AsyncGenerator<TokenGrid, void>;
}

/**
 * Opens a token file: reads and checks its header, and nothing else yet.
 * @throws SpeechTokensError `token-file-invalid`
 */
export async function openTokenFile(source: ByteSource, options: SignalOption = {}): Promise<TokenFile> {
  const path = source.name;
  const header = await readSafetensorsHeader(source, { ...options, path, errorCode: 'token-file-invalid' });
  const metadata = readMetadata(header.metadata, path);
  const { tokenSpace, startSample, sampleCount } = metadata;
  const layout = findTensors(header, metadata, path);
  const codebookCount = layout.tracks.length;
  const runIndexes = layout.tracks.map(({ durationsFrames }) => durationsFrames && createRunIndex(source, durationsFrames));

  async function readIntegers(tensor: IntegerTensor, from: number, to: number, signal: SignalOption): Promise<Uint32Array> {
    const { offsetBytes, widthBytes, length } = tensor;
    const [first, end] = [Math.min(from, length), Math.min(to, length)];
    return readUnsignedIntegers(
      await source.read(offsetBytes + first * widthBytes, (end - first) * widthBytes, signal),
      widthBytes,
    );
  }

  async function readTrack(index: number, range: SampleRange, signal: SignalOption): Promise<TokenTrack> {
    const { ids } = layout.tracks[index] as (typeof layout.tracks)[number];
    const { hopSamples } = tokenSpace.codebooks[index] as Codebook;
    const end = startSample + sampleCount;
    if (hopSamples === undefined) return { ids: await readIntegers(ids, 0, ids.length, signal) };
    const from = Math.floor((range.startSample - startSample) / hopSamples);
    const to = range.endSample === end ? Number.POSITIVE_INFINITY : (range.endSample - startSample) / hopSamples;
    const runIndex = runIndexes[index];
    if (range.startSample === range.endSample) {
      return runIndex === undefined
        ? { ids: new Uint32Array(0) }
        : { ids: new Uint32Array(0), durationsFrames: new Uint32Array(0) };
    }
    if (runIndex === undefined) return { ids: await readIntegers(ids, from, to, signal) };
    return readRuns(runIndex, ids, from, to, signal);
  }

  /** The ids that touch the frames [from, to), the first and the last cut to them. */
  async function readRuns(
    runIndex: RunIndex,
    ids: IntegerTensor,
    from: number,
    to: number,
    signal: SignalOption,
  ): Promise<TokenTrack> {
    let firstIndex: number | undefined;
    const durations: number[] = [];
    for await (const block of runIndex.blocks(from, to, signal)) {
      let frame = block.firstFrame;
      for (const [offset, duration] of block.durationsFrames.entries()) {
        const endFrame = frame + duration;
        if (endFrame > from && frame < to) {
          if (tokenSpace.durations === 'spans' && (frame < from || endFrame > to)) throw cutsSpan(frame, endFrame);
          firstIndex ??= block.firstIndex + offset;
          durations.push(Math.min(endFrame, to) - Math.max(frame, from));
        }
        frame = endFrame;
      }
    }
    const first = firstIndex ?? 0;
    return {
      ids: await readIntegers(ids, first, first + durations.length, signal),
      durationsFrames: Uint32Array.from(durations),
    };
  }

  async function readSideTrack(index: number, range: SampleRange, signal: SignalOption): Promise<SideTrack> {
    const { shape, tensor } = layout.sideTracks[index] as (typeof layout.sideTracks)[number];
    const { firstRow, rowCount } = sideRows(shape.hopSamples, range);
    const rowBytes = 4 * shape.valuesPerFrame;
    const skipped = rowCount === 0 ? 0 : firstRow - Math.floor(startSample / shape.hopSamples);
    const bytes = await source.read(tensor.offsetBytes + skipped * rowBytes, rowCount * rowBytes, signal);
    return { ...shape, values: readFloats(bytes) };
  }

  async function read(readOptions: ReadTokensOptions = {}): Promise<TokenGrid> {
    const { signal, codebookCount: wantedCount = codebookCount } = readOptions;
    const range = {
      startSample: readOptions.startSample ?? startSample,
      endSample: readOptions.endSample ?? startSample + sampleCount,
    };
    const signalOption = signal === undefined ? {} : { signal };
    signal?.throwIfAborted();
    checkCodebookCount(wantedCount, codebookCount);
    const isWhole = range.startSample === startSample && range.endSample === startSample + sampleCount;
    if (!isWhole) checkCut(metadata, range);
    const tracks: TokenTrack[] = [];
    for (let index = 0; index < wantedCount; index++) tracks.push(await readTrack(index, range, signalOption));
    const sideTracks: SideTrack[] = [];
    for (const index of layout.sideTracks.keys()) sideTracks.push(await readSideTrack(index, range, signalOption));
    const grid: TokenGrid = {
      tokenSpace,
      startSample: range.startSample,
      sampleCount: range.endSample - range.startSample,
      tracks,
      ...(sideTracks.length === 0 ? {} : { sideTracks }),
    };
    validateRead(grid, path);
    return grid;
  }

  async function* grids(
    grainSamples: number,
    gridOptions: Omit<ReadTokensOptions, keyof SampleRange> = {},
  ): AsyncGenerator<TokenGrid, void> {
    if (!(grainSamples > 0)) throw invalidArgument('grainSamples', String(grainSamples), 'a number above 0');
    const end = startSample + sampleCount;
    const hasClock = tokenSpace.codebooks.every((codebook) => codebook.hopSamples !== undefined);
    const step = hasClock ? (alignmentSamples(tokenSpace) as number) : Number.POSITIVE_INFINITY;
    const grain = Math.ceil(grainSamples / step) * step || step;
    for (let from = startSample; from < end; from += grain) {
      yield await read({ ...gridOptions, startSample: from, endSample: Math.min(end, from + grain) });
    }
  }

  return { ...metadata, codebookCount, read, grids };
}
