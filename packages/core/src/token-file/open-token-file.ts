import type { ByteSource } from '../bytes/byte-source.ts';
import { readFloats } from '../bytes/little-endian.ts';
import type { CallOptions } from '../contract/call-options.ts';
import { isSpeechTokensError, SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { readSafetensorsHeader } from '../safetensors/read-safetensors-header.ts';
import { alignmentSamples, framesBefore, type SampleRange, sideRows } from '../tokens/frame-clock.ts';
import type { SideTrack, TokenGrid, TokenTrack } from '../tokens/token-grid.ts';
import { hasSpans } from '../tokens/token-space.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { checkCut } from '../transforms/slice-grid.ts';
import { findTensors, type SideTrackTensor } from './token-file-layout.ts';
import { readMetadata, type TokenFileMetadata, tokenFileError } from './token-file-metadata.ts';
import { createTrackReader } from './track-reader.ts';

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
   * The tokens of a range, or all of them. Reads just these from the file. Ranges are as `sliceGrid` takes them, and
   * the result is that of `sliceGrid` on the whole.
   * @throws SpeechTokensError `argument-invalid` for a range or a codebook count that the file does not have
   * @throws SpeechTokensError `token-file-invalid` where what is read contradicts the token space
   */
  read(options?: ReadTokensOptions): Promise<TokenGrid>;
  /**
   * The tokens from start to end in grids of about `grainSamples` (rounded up to whole frames), which joined equal the
   * whole: for long files. At least one grid; a space without a clock, or with spans, gives just one. Errors as `read`.
   */
  grids(grainSamples: number, options?: Omit<ReadTokensOptions, keyof SampleRange>): AsyncGenerator<TokenGrid, void>;
}

/**
 * Opens a token file: reads and checks its header, and nothing else yet. Ids are checked as they are read.
 * @throws SpeechTokensError `token-file-invalid`
 */
export async function openTokenFile(source: ByteSource, options: SignalOption = {}): Promise<TokenFile> {
  const path = source.name;
  const header = await readSafetensorsHeader(source, { ...options, path, errorCode: 'token-file-invalid' });
  const metadata = readMetadata(header.metadata, path);
  const layout = findTensors(header, metadata, path);
  const { tokenSpace, startSample, sampleCount } = metadata;
  const endSample = startSample + sampleCount;
  const codebookCount = layout.tracks.length;
  const hasClock = tokenSpace.codebooks.every((codebook) => codebook.hopSamples !== undefined);
  const readers = layout.tracks.map((tensors, index) =>
    createTrackReader(source, tensors, hasSpans(tokenSpace) ? tokenSpace.codebooks[index]?.name : undefined),
  );

  async function readTrack(
    index: number,
    range: SampleRange,
    isWhole: boolean,
    signal: SignalOption,
  ): Promise<TokenTrack> {
    const reader = readers[index] as (typeof readers)[number];
    if (isWhole) return reader.readAll(signal);
    // Past the last frame boundary there is only the last frame, and any padding: both belong to the end.
    const frameAt = (sample: number): number =>
      sample === endSample ? Number.POSITIVE_INFINITY : framesBefore(metadata, index, sample);
    if (range.startSample === range.endSample) return reader.readFrames(0, 0, signal);
    return reader.readFrames(frameAt(range.startSample), frameAt(range.endSample), signal);
  }

  async function readSideTrack({ shape, tensor }: SideTrackTensor, range: SampleRange, signal: SignalOption) {
    const { firstRow, rowCount } = sideRows(shape.hopSamples, range);
    const rowBytes = 4 * shape.valuesPerFrame;
    const skippedRows = rowCount === 0 ? 0 : firstRow - Math.floor(startSample / shape.hopSamples);
    const bytes = await source.read(tensor.offsetBytes + skippedRows * rowBytes, rowCount * rowBytes, signal);
    return { ...shape, values: readFloats(bytes) } satisfies SideTrack;
  }

  const read: TokenFile['read'] = async (readOptions = {}) => {
    const { signal, codebookCount: wantedCount = codebookCount } = readOptions;
    signal?.throwIfAborted();
    if (!Number.isInteger(wantedCount) || wantedCount < 1 || wantedCount > codebookCount) {
      throw invalidArgument('codebookCount', String(wantedCount), `1 to ${codebookCount}, as many as the file has`);
    }
    const range = {
      startSample: readOptions.startSample ?? startSample,
      endSample: readOptions.endSample ?? endSample,
    };
    const isWhole = range.startSample === startSample && range.endSample === endSample;
    if (!isWhole) checkCut(metadata, range);
    const signalOption = signal === undefined ? {} : { signal };
    const tracks: TokenTrack[] = [];
    for (let index = 0; index < wantedCount; index++) {
      tracks.push(await readTrack(index, range, isWhole, signalOption));
    }
    const sideTracks: SideTrack[] = [];
    for (const side of layout.sideTracks) sideTracks.push(await readSideTrack(side, range, signalOption));
    signal?.throwIfAborted();
    const grid: TokenGrid = {
      tokenSpace,
      startSample: range.startSample,
      sampleCount: range.endSample - range.startSample,
      tracks,
      ...(sideTracks.length === 0 ? {} : { sideTracks }),
    };
    validateRead(grid, path);
    return grid;
  };

  return {
    ...metadata,
    codebookCount,
    read,
    async *grids(grainSamples, gridOptions = {}) {
      if (!(grainSamples > 0)) throw invalidArgument('grainSamples', String(grainSamples), 'a number above 0');
      const canBeCut = hasClock && !hasSpans(tokenSpace);
      const step = canBeCut ? (alignmentSamples(tokenSpace) as number) : sampleCount;
      const grain = Math.ceil(grainSamples / step) * step;
      let from = startSample;
      do {
        const to = canBeCut ? Math.min(endSample, from + grain) : endSample;
        yield await read({ ...gridOptions, startSample: from, endSample: to });
        from = to;
      } while (from < endSample);
    },
  };
}

/** A grid that its own file spoilt is the file's fault. */
function validateRead(grid: TokenGrid, path: string): void {
  try {
    validateTokenGrid(grid);
  } catch (cause) {
    if (!isSpeechTokensError(cause, 'token-grid-invalid')) throw cause;
    throw tokenFileError(path, {
      problem: 'The tokens in the file contradict its token space',
      found: cause.message,
      wanted: 'tokens as they were written',
      remedy: 'Make the tokens again',
      cause,
    });
  }
}

function invalidArgument(argument: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `The tokens cannot be read with this ${argument}`,
    found,
    wanted,
    remedy: `Give another ${argument}`,
    details: { argument },
  });
}
