import { toLittleEndianBytes } from '../bytes/little-endian.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { integerWidthBytes } from '../tokens/integer-list.ts';
import type { TokenGrid, TokenTrack } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { validateTokenGrid } from '../tokens/validate-token-grid.ts';
import { buildNpyHeader, type NpyHeader, npyError, parseNpyHeader } from './npy-header.ts';

/** Ids in one piece. */
const pieceLength = 65_536;

/**
 * The ids of a grid as a `.npy` file, in pieces: `[codebooks, frames]`, unsigned integers in the smallest width that
 * holds the largest codebook. Such a file says nothing of token space, start and sample count: whoever reads it must
 * know them.
 * @throws SpeechTokensError `argument-invalid` for what an array cannot hold: several rates, durations, side tracks.
 * A token file or JSON holds them; `trackToNpy` writes one codebook's ids.
 */
export function gridToNpy(grid: TokenGrid): Generator<Uint8Array, void> {
  validateTokenGrid(grid);
  const { tokenSpace, tracks, sideTracks = [] } = grid;
  const lengths = new Set(tracks.map((track) => track.ids.length));
  const hops = new Set(tokenSpace.codebooks.slice(0, tracks.length).map((codebook) => codebook.hopSamples));
  if (lengths.size > 1 || hops.size > 1) {
    throw notAnArray('codebooks at several rates', 'codebooks at one rate');
  }
  if (tokenSpace.durations !== undefined) throw notAnArray('durations', 'ids that each last one frame');
  if (sideTracks.length > 0) throw notAnArray(`the side track ${sideTracks[0]?.name}`, 'ids alone');
  return npyPieces(tracks, tokenSpace, [tracks.length, tracks[0]?.ids.length as number]);
}

/**
 * The ids of one codebook as a `.npy` file, in pieces: `[ids]`, for grids at several rates. Durations are left out.
 * @throws SpeechTokensError `argument-invalid` where the grid has no such track
 */
export function trackToNpy(grid: TokenGrid, codebook: number): Generator<Uint8Array, void> {
  validateTokenGrid(grid);
  const track = grid.tracks[codebook];
  if (track === undefined) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'The grid has no such codebook',
      found: String(codebook),
      wanted: `0 to ${grid.tracks.length - 1}`,
      remedy: 'Give the index of one of its tracks',
      details: { argument: 'codebook' },
    });
  }
  const codebooks = grid.tokenSpace.codebooks.slice(codebook, codebook + 1);
  return npyPieces([track], { ...grid.tokenSpace, codebooks }, [track.ids.length]);
}

function* npyPieces(
  tracks: readonly TokenTrack[],
  { codebooks }: TokenSpace,
  shape: readonly number[],
): Generator<Uint8Array, void> {
  const width = integerWidthBytes(Math.max(...codebooks.slice(0, tracks.length).map((codebook) => codebook.size)));
  yield buildNpyHeader(`u${width}`, shape);
  for (const { ids } of tracks) {
    for (let start = 0; start < ids.length; start += pieceLength) {
      const piece = ids.slice(start, start + pieceLength);
      yield toLittleEndianBytes(width === 1 ? Uint8Array.from(piece) : width === 2 ? Uint16Array.from(piece) : piece);
    }
  }
}

export interface GridFromNpyOptions {
  /** The space that the ids are of: the file does not say. */
  readonly tokenSpace: TokenSpace;
  /** 0 by default. */
  readonly startSample?: number;
  /** Real samples. By default as many as the frames span, so the last frame counts in whole. */
  readonly sampleCount?: number;
}

/**
 * A grid from the bytes of a `.npy` file: `[codebooks, frames]`, or `[frames]` for one codebook; integers of any width,
 * little-endian, C order.
 * @throws SpeechTokensError `token-file-invalid` for a file that is not so, or whose ids the space does not have
 * @throws SpeechTokensError `argument-invalid` where codebooks have several rates or durations, or where no clock says
 * how many samples there are
 */
export function gridFromNpy(bytes: Uint8Array, options: GridFromNpyOptions): TokenGrid {
  const { tokenSpace, startSample = 0 } = options;
  const header = parseNpyHeader(bytes);
  const { shape, elementBytes, headerSizeBytes } = header;
  if (shape.length < 1 || shape.length > 2) {
    throw npyError('The .npy file has the wrong shape', `(${shape.join(', ')})`, '[codebooks, frames] or [frames]');
  }
  const [trackCount, frameCount] = shape.length === 1 ? [1, shape[0] as number] : (shape as [number, number]);
  if (trackCount < 1 || trackCount > tokenSpace.codebooks.length) {
    const wanted = `1 to ${tokenSpace.codebooks.length} codebooks`;
    throw npyError('The .npy file has the wrong shape', `(${shape.join(', ')})`, wanted);
  }
  const dataBytes = bytes.byteLength - headerSizeBytes;
  if (trackCount * frameCount * elementBytes !== dataBytes) {
    const wanted = `${trackCount * frameCount * elementBytes} for (${shape.join(', ')})`;
    throw npyError('The .npy file does not have the bytes of its shape', `${dataBytes}`, wanted);
  }
  const hops = new Set(tokenSpace.codebooks.slice(0, trackCount).map((codebook) => codebook.hopSamples));
  const [hop] = hops;
  if (hops.size > 1 || tokenSpace.durations !== undefined) {
    throw notAnArray('codebooks at several rates, or durations', 'codebooks at one rate without durations');
  }
  const sampleCount = options.sampleCount ?? (hop === undefined ? undefined : frameCount * hop);
  if (sampleCount === undefined) {
    throw new SpeechTokensError('argument-invalid', {
      problem: 'A token space without a clock does not say how many samples the ids are of',
      found: 'no sampleCount',
      wanted: 'sampleCount',
      remedy: 'Give sampleCount',
      details: { argument: 'sampleCount' },
    });
  }
  const ids = readIds(bytes, header, tokenSpace, trackCount, frameCount);
  const grid = { tokenSpace, startSample, sampleCount, tracks: ids.map((track) => ({ ids: track })) };
  validateTokenGrid(grid);
  return grid;
}

function readIds(
  bytes: Uint8Array,
  { type, elementBytes, headerSizeBytes }: NpyHeader,
  { codebooks }: TokenSpace,
  trackCount: number,
  frameCount: number,
): readonly Uint32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + headerSizeBytes);
  const readers = {
    u1: (at: number) => view.getUint8(at),
    u2: (at: number) => view.getUint16(at, true),
    u4: (at: number) => view.getUint32(at, true),
    u8: (at: number) => Number(view.getBigUint64(at, true)),
    i1: (at: number) => view.getInt8(at),
    i2: (at: number) => view.getInt16(at, true),
    i4: (at: number) => view.getInt32(at, true),
    i8: (at: number) => Number(view.getBigInt64(at, true)),
  };
  const readAt = readers[type];
  return Array.from({ length: trackCount }, (_, track) => {
    const ids = new Uint32Array(frameCount);
    const size = codebooks[track]?.size as number;
    for (let frame = 0; frame < frameCount; frame++) {
      const id = readAt((track * frameCount + frame) * elementBytes);
      // Before it is cut to 32 bits.
      if (!(id >= 0 && id < size)) {
        throw npyError(`The .npy file holds an id out of range`, `${id} at [${track}, ${frame}]`, `0 to ${size - 1}`);
      }
      ids[frame] = id;
    }
    return ids;
  });
}

function notAnArray(found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: 'One .npy array cannot hold these tokens',
    found,
    wanted,
    remedy: 'Use a token file (.safetensors) or JSON, which hold everything, or trackToNpy for each codebook',
    details: { argument: 'grid' },
  });
}
