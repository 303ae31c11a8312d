import type { AudioClip } from '../audio/audio-clip.ts';
import { sampleCountOf } from '../audio/audio-clip.ts';
import { tokenSpacesEqual } from '../tokens/compare-token-spaces.ts';
import type { TokenGrid, TokenTrack } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { idsByFrame } from './test-grids.ts';

/** The first difference between two clips, in words; `undefined` where they are equal bit for bit. */
export function differenceOfClips(found: AudioClip, wanted: AudioClip): string | undefined {
  if (found.sampleRateHz !== wanted.sampleRateHz) {
    return `${found.sampleRateHz} Hz in place of ${wanted.sampleRateHz} Hz`;
  }
  if (found.channels.length !== wanted.channels.length) {
    return `${found.channels.length} channels in place of ${wanted.channels.length}`;
  }
  for (const [channel, wantedSamples] of wanted.channels.entries()) {
    const where = `channel ${channel}`;
    const difference = differenceOfArrays(found.channels[channel] as Float32Array, wantedSamples, where, 'sample');
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** The first difference between two grids, in words. Merged repeats count as the frames that they stand for. */
export function differenceOfGrids(found: TokenGrid, wanted: TokenGrid): string | undefined {
  if (found.tokenSpace.id !== wanted.tokenSpace.id) {
    return `token space ${found.tokenSpace.id} in place of ${wanted.tokenSpace.id}`;
  }
  for (const key of ['startSample', 'sampleCount'] as const) {
    if (found[key] !== wanted[key]) return `${key} ${found[key]} in place of ${wanted[key]}`;
  }
  if (found.tracks.length !== wanted.tracks.length) {
    return `${found.tracks.length} tracks in place of ${wanted.tracks.length}`;
  }
  for (const [k, wantedTrack] of wanted.tracks.entries()) {
    const where = wanted.tokenSpace.codebooks[k]?.name ?? `track ${k}`;
    const foundIds = idsByFrame(found.tracks[k] as TokenTrack);
    const difference = differenceOfArrays(foundIds, idsByFrame(wantedTrack), where, 'frame');
    if (difference !== undefined) return difference;
  }
  const [foundSides, wantedSides] = [found.sideTracks ?? [], wanted.sideTracks ?? []];
  if (foundSides.length !== wantedSides.length) {
    return `${foundSides.length} side tracks in place of ${wantedSides.length}`;
  }
  for (const [k, wantedSide] of wantedSides.entries()) {
    const foundValues = foundSides[k]?.values ?? new Float32Array(0);
    const difference = differenceOfArrays(foundValues, wantedSide.values, `side track ${wantedSide.name}`, 'value');
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** The first difference between two token spaces, in words. */
export function differenceOfSpaces(found: TokenSpace, wanted: TokenSpace): string | undefined {
  for (const key of ['id', 'sampleRateHz', 'prefixDecodable'] as const) {
    if (found[key] !== wanted[key]) return `${key} ${found[key]} in place of ${wanted[key]}`;
  }
  if (found.codebooks.length !== wanted.codebooks.length) {
    return `${found.codebooks.length} codebooks in place of ${wanted.codebooks.length}`;
  }
  for (const [k, codebook] of wanted.codebooks.entries()) {
    for (const key of ['name', 'size', 'hopSamples'] as const) {
      const value = found.codebooks[k]?.[key];
      if (value !== codebook[key]) return `codebook ${k}: ${key} ${value} in place of ${codebook[key]}`;
    }
  }
  return tokenSpacesEqual(found, wanted) ? undefined : 'other durations, or another derivation';
}

/** Bit for bit: 0 and -0 differ, NaN equals NaN. */
function differenceOfArrays(
  found: Float32Array | Uint32Array,
  wanted: Float32Array | Uint32Array,
  where: string,
  unit: string,
): string | undefined {
  const length = Math.min(found.length, wanted.length);
  for (let i = 0; i < length; i++) {
    if (!Object.is(found[i], wanted[i])) {
      return `${found[i]} in place of ${wanted[i]} at ${unit} ${i} of ${wanted.length} (${where})`;
    }
  }
  if (found.length !== wanted.length) return `${found.length} ${unit}s in place of ${wanted.length} (${where})`;
  return undefined;
}

/** A clip's shape, in words. */
export function describeClip(clip: AudioClip): string {
  return `${clip.channels.length} channels of ${sampleCountOf(clip)} samples at ${clip.sampleRateHz} Hz`;
}
