import type { ByteSink } from '../bytes/byte-source.ts';
import { toLittleEndianBytes } from '../bytes/little-endian.ts';
import type { CallOptions } from '../contract/call-options.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { buildSafetensorsHeader, type SafetensorsLayout } from '../safetensors/build-safetensors-header.ts';
import { type CollectedSideTrack, createGridCollector, type GridCollector } from '../tokens/grid-collector.ts';
import { type IntegerList, type IntegerWidthBytes, integerWidthBytes } from '../tokens/integer-list.ts';
import { emptyGrid, type TokenGrid } from '../tokens/token-grid.ts';
import type { Codebook, TokenSpace } from '../tokens/token-space.ts';
import { validateTokenSpace } from '../tokens/validate-token-space.ts';
import { type TokenFileSource, tensorNames, writeMetadata } from './token-file-metadata.ts';

export interface TokenFileWriterOptions {
  readonly tokenSpace: TokenSpace;
  /** How many codebooks the file holds; all by default. */
  readonly codebookCount?: number;
  readonly source?: TokenFileSource;
  /** The program that writes the file, for example `speech-tokens 0.1.0`. */
  readonly generator?: string;
}

/**
 * Makes a token file of grids as they come. The format wants all sizes before the first byte, so tokens are kept until
 * the end, in the width that they have in the file: 1, 2 or 4 bytes a token (and 4 a run), so an hour of
 * 8 codebooks × 1024 at 50 frames/s takes 2.9 MB, and nothing is written that could be left half-done.
 */
export interface TokenFileWriter {
  /** So far. */
  readonly sampleCount: number;
  /**
   * Adds the grid that follows the last one; the first may start anywhere. The grid is copied, not kept.
   * @throws SpeechTokensError `token-space-mismatch`, `token-grid-invalid`, `stream-order`. The grids before it are safe.
   */
  append(grid: TokenGrid): void;
  /**
   * Writes the file, from first byte to last. With no grid appended it is the file of an empty recording.
   * @returns the size of the file in bytes
   */
  writeTo(sink: ByteSink, options?: Pick<CallOptions, 'signal'>): Promise<number>;
}

/** @throws SpeechTokensError `argument-invalid` for an invalid token space or codebook count */
export function createTokenFileWriter(options: TokenFileWriterOptions): TokenFileWriter {
  const { tokenSpace, codebookCount = options.tokenSpace.codebooks.length, source = {}, generator } = options;
  validateTokenSpace(tokenSpace);
  if (!Number.isInteger(codebookCount) || codebookCount < 1 || codebookCount > tokenSpace.codebooks.length) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'The token space does not have that many codebooks',
      found: String(codebookCount),
      wanted: `1 to ${tokenSpace.codebooks.length}`,
      remedy: 'Give the number of tracks of the grids',
      details: { argument: 'codebookCount' },
    });
  }
  const empty = emptyGrid(tokenSpace, codebookCount);
  let collector: GridCollector | undefined;

  return {
    get sampleCount() {
      return collector?.sampleCount ?? 0;
    },
    append(grid) {
      // Side tracks and the start are the first grid's; everything else is held against the options.
      const next = collector ?? createGridCollector({ ...empty, ...pick(grid) });
      next.append(grid);
      collector = next;
    },
    async writeTo(sink, { signal } = {}) {
      const { startSample, sampleCount, tracks, sideTracks } = collector ?? createGridCollector(empty);
      const tensors = tracks.flatMap(({ ids, durationsFrames, runDurationsFrames }, index) => {
        const { size } = tokenSpace.codebooks[index] as Codebook;
        const found = [integerTensor(tensorNames.ids(index), ids, integerWidthBytes(size))];
        if (durationsFrames !== undefined) found.push(durationsTensor(tensorNames.durations(index), durationsFrames));
        if (runDurationsFrames !== undefined) {
          found.push(durationsTensor(tensorNames.runDurations(index), runDurationsFrames));
        }
        return found;
      });
      tensors.push(...sideTracks.map(floatTensor));
      // Wide elements first: so all are aligned.
      tensors.sort((a, b) => b.widthBytes - a.widthBytes);
      const header = buildSafetensorsHeader(
        tensors.map((tensor) => tensor.layout),
        writeMetadata({ tokenSpace, startSample, sampleCount, sideTracks, source, generator }),
      );
      signal?.throwIfAborted();
      await sink.write(header.bytes);
      for (const tensor of tensors) {
        for (const block of tensor.blocks()) {
          signal?.throwIfAborted();
          await sink.write(block);
        }
      }
      return header.fileSizeBytes;
    },
  };
}

function pick({ startSample, sideTracks }: TokenGrid): Partial<TokenGrid> {
  return sideTracks === undefined ? { startSample } : { startSample, sideTracks };
}

/** A tensor with its data, block by block. */
interface TensorData {
  readonly layout: SafetensorsLayout;
  readonly widthBytes: number;
  blocks(): Iterable<Uint8Array>;
}

function integerTensor(name: string, list: IntegerList, widthBytes: IntegerWidthBytes): TensorData {
  const dtype = ({ 1: 'U8', 2: 'U16', 4: 'U32' } as const)[widthBytes];
  return {
    layout: { name, dtype, shape: [list.length] },
    widthBytes,
    *blocks() {
      for (const block of list.blocks()) {
        const fits = block.BYTES_PER_ELEMENT === widthBytes;
        yield toLittleEndianBytes(fits ? block : widthBytes === 1 ? Uint8Array.from(block) : Uint16Array.from(block));
      }
    },
  };
}

/** Durations in the fewest bytes that hold the longest. */
function durationsTensor(name: string, list: IntegerList): TensorData {
  return integerTensor(name, list, integerWidthBytes(list.maximum + 1));
}

function floatTensor({ name, valuesPerFrame, pieces }: CollectedSideTrack): TensorData {
  const valueCount = pieces.reduce((total, piece) => total + piece.length, 0);
  return {
    layout: { name: tensorNames.side(name), dtype: 'F32', shape: [valueCount / valuesPerFrame, valuesPerFrame] },
    widthBytes: 4,
    *blocks() {
      for (const piece of pieces) yield toLittleEndianBytes(piece);
    },
  };
}
