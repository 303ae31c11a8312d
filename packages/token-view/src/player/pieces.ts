import type { StreamedSound } from './sound.ts';

/** Sound is read in pieces of so long, which start at multiples of it. */
const pieceSeconds = 2;

/** So many pieces are kept: those that were used last. 40 s of 44.1 kHz stereo are 14 MB. */
const mostPieces = 20;

/** The pieces of a sound that is read by ranges, of which a bounded number is in memory. */
export interface Pieces {
  /** Samples of a piece; the last one may be shorter. */
  readonly pieceSamples: number;
  /** A piece that is there. */
  get(index: number): readonly Float32Array[] | undefined;
  /** Resolves when a piece is there. Asked for again while it is on its way, it is read once. */
  load(index: number): Promise<void>;
  /** Gives up what is on its way, except for some pieces. */
  keepOnly(wanted: (index: number) => boolean): void;
}

export function createPieces(sound: StreamedSound): Pieces {
  const pieceSamples = Math.max(1, Math.round(sound.sampleRateHz * pieceSeconds));
  /** In the order of their last use. */
  const pieces = new Map<number, readonly Float32Array[]>();
  const coming = new Map<number, { readonly loaded: Promise<void>; readonly controller: AbortController }>();
  const get = (index: number): readonly Float32Array[] | undefined => {
    const piece = pieces.get(index);
    if (piece === undefined) return undefined;
    pieces.delete(index);
    pieces.set(index, piece);
    return piece;
  };
  return {
    pieceSamples,
    get,
    load(index) {
      if (get(index) !== undefined) return Promise.resolve();
      const before = coming.get(index);
      if (before !== undefined) return before.loaded;
      const controller = new AbortController();
      const start = index * pieceSamples;
      const end = Math.min(sound.sampleCount, start + pieceSamples);
      const loaded = sound.read(start, end, controller.signal).then(
        (channels) => {
          pieces.set(index, channels);
          for (const oldest of pieces.keys()) {
            if (pieces.size <= mostPieces) break;
            pieces.delete(oldest);
          }
          if (coming.get(index)?.controller === controller) coming.delete(index);
        },
        (error: unknown) => {
          if (coming.get(index)?.controller === controller) coming.delete(index);
          throw error;
        },
      );
      coming.set(index, { loaded, controller });
      return loaded;
    },
    keepOnly(wanted) {
      for (const [index, { controller }] of coming) {
        if (wanted(index)) continue;
        coming.delete(index);
        controller.abort(new Error('Not wanted any more'));
      }
    },
  };
}
