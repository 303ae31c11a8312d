import type { Spectrogram, TimeRange, ViewContent } from '@speech-tokens/token-view';
import type { DocumentFacts } from '../document/index.ts';
import type { HostMethods } from '../host/editor-methods.ts';
import type { SampleRange } from '../inference/index.ts';
import type { Peer } from '../protocol/index.ts';
import { createTileCache } from './tile-cache.ts';

export interface TileSource {
  samples(range: SampleRange, signal: AbortSignal): Promise<readonly Float32Array[]>;
  spectrogram(part: SampleRange & { readonly hopSamples: number }, signal: AbortSignal): Promise<Spectrogram>;
}

export function tileSource(peer: Peer<HostMethods>): TileSource {
  return {
    samples: (range, signal) => peer.request('samples', range, { signal }),
    spectrogram: (part, signal) => peer.request('spectrogram', part, { signal }),
  };
}

/** What a view shows closer than the pictures of the whole recording do: made of its samples when it is in view. */
export interface Tiles extends Required<Pick<ViewContent, 'samplesIn' | 'spectrogramsIn'>> {
  clear(): void;
}

const sampleTile = 32_768;
const spectrogramColumns = 256;

/** Of samples, and of spectrograms. */
const mostBytes = 24 * 2 ** 20;

/** @param onMore more of what was asked for is here */
export function createTiles(
  { sampleRateHz, sampleCount }: DocumentFacts,
  source: TileSource,
  onMore: () => void,
): Tiles {
  const samples = createTileCache<readonly Float32Array[]>({
    load: (key, signal) => source.samples(rangeOf(Number(key), sampleTile), signal),
    bytesOf: (channels) => channels.reduce((sum, { byteLength }) => sum + byteLength, 0),
    mostBytes,
    onMore,
  });
  const spectrograms = createTileCache<Spectrogram>({
    load(key, signal) {
      const [hopSamples, index] = key.split(' ').map(Number) as [number, number];
      return source.spectrogram({ ...rangeOf(index, hopSamples * spectrogramColumns), hopSamples }, signal);
    },
    bytesOf: ({ levels }) => levels.byteLength,
    mostBytes,
    onMore,
  });
  const rangeOf = (index: number, length: number): SampleRange => ({
    startSample: index * length,
    endSample: Math.min(sampleCount, (index + 1) * length),
  });
  const indicesOf = ({ startSample, endSample }: TimeRange, length: number): readonly number[] => {
    const first = Math.floor(Math.max(0, startSample) / length);
    const end = Math.ceil(Math.min(sampleCount, endSample) / length);
    return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
  };
  /** Made anew for each picture, they would be megabytes of garbage a second. */
  const joined: Float32Array[] = [];
  return {
    samplesIn(startSample, endSample) {
      const indices = indicesOf({ startSample, endSample }, sampleTile);
      const tiles = samples.want(indices.map(String));
      if (indices.length === 0 || tiles.includes(undefined)) return undefined;
      const count = endSample - startSample;
      return tiles[0]!.map((_, channel) => {
        if ((joined[channel]?.length ?? 0) < count) joined[channel] = new Float32Array(count);
        for (const [i, tile] of tiles.entries()) {
          const at = indices[i]! * sampleTile - startSample;
          joined[channel]!.set(tile![channel]!.subarray(Math.max(0, -at), count - at), Math.max(0, at));
        }
        return joined[channel]!.subarray(0, count);
      });
    },
    spectrogramsIn(range, columns) {
      const leastHop = Math.max(1, Math.round(sampleRateHz / 1000));
      const perColumn = (range.endSample - range.startSample) / columns;
      // The coarser of those that have a column for each of the picture's.
      const hopSamples = leastHop * 2 ** Math.max(0, Math.floor(Math.log2(perColumn / leastHop)));
      const indices = indicesOf(range, hopSamples * spectrogramColumns);
      return spectrograms.want(indices.map((index) => `${hopSamples} ${index}`)).filter((tile) => tile !== undefined);
    },
    clear() {
      samples.clear();
      spectrograms.clear();
    },
  };
}
