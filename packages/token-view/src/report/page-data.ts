import type { TokenLane } from '../lanes/lane.ts';
import type { Sound } from '../player/sound.ts';
import type { Spectrogram } from '../spectrogram/spectrogram.ts';
import type { ViewContent } from '../view/view-content.ts';
import type { PeakPyramid } from '../waveform/peak-pyramid.ts';
import { type Packed, pack, packIds, unpack } from './packed.ts';

/** What the script of a report page reads: JSON. */
export interface PageData {
  readonly sampleRateHz: number;
  readonly sampleCount: number;
  readonly peaks?: Omit<PeakPyramid, 'levels'> & { readonly levels: readonly Packed[] };
  readonly spectrogram?: Omit<Spectrogram, 'levels'> & { readonly levels: Packed };
  readonly groups: readonly {
    readonly title: string;
    readonly about?: string;
    readonly lanes: readonly (Omit<TokenLane, 'ids' | 'boundaries'> & {
      readonly ids: Packed;
      readonly boundaries?: Packed;
    })[];
  }[];
  readonly sounds: readonly (Omit<Sound, 'channels'> & { readonly channels: readonly Packed[] })[];
}

const fullScale = 32_767;

/** Sound becomes 16 bits wide. */
export function packPage(content: ViewContent, sounds: readonly Sound[]): PageData {
  const { sampleRateHz, sampleCount, peaks, spectrogram, groups } = content;
  return {
    sampleRateHz,
    sampleCount,
    ...(peaks === undefined ? {} : { peaks: { ...peaks, levels: peaks.levels.map(pack) } }),
    ...(spectrogram === undefined ? {} : { spectrogram: { ...spectrogram, levels: pack(spectrogram.levels) } }),
    groups: groups.map((group) => ({
      ...group,
      lanes: group.lanes.map(({ ids, boundaries, ...lane }) => ({
        ...lane,
        ids: packIds(ids, lane.size),
        ...(boundaries === undefined ? {} : { boundaries: pack(boundaries) }),
      })),
    })),
    sounds: sounds.map((sound) => ({
      ...sound,
      channels: sound.channels.map((samples) =>
        pack(Int16Array.from(samples, (value) => Math.round(Math.max(-1, Math.min(1, value)) * fullScale))),
      ),
    })),
  };
}

export function unpackPage(data: PageData): { readonly content: ViewContent; readonly sounds: readonly Sound[] } {
  const { sampleRateHz, sampleCount, peaks, spectrogram, groups, sounds } = data;
  const unpacked = sounds.map((sound) => ({
    ...sound,
    channels: sound.channels.map((values) => Float32Array.from(unpack(values), (value) => value / fullScale)),
  }));
  return {
    content: {
      sampleRateHz,
      sampleCount,
      ...samplesOf(data, unpacked),
      ...(peaks === undefined
        ? {}
        : { peaks: { ...peaks, levels: peaks.levels.map((level) => unpack(level) as Int16Array) } }),
      ...(spectrogram === undefined
        ? {}
        : { spectrogram: { ...spectrogram, levels: unpack(spectrogram.levels) as Uint8Array } }),
      groups: groups.map((group) => ({
        ...group,
        lanes: group.lanes.map(({ ids, boundaries, ...lane }) => ({
          ...lane,
          ids: Uint32Array.from(unpack(ids)),
          ...(boundaries === undefined ? {} : { boundaries: unpack(boundaries) as Float64Array }),
        })),
      })),
    },
    sounds: unpacked,
  };
}

/** The samples of the recording, if the page has its sound. */
function samplesOf({ peaks }: PageData, [recording]: readonly Sound[]): Pick<ViewContent, 'samplesIn'> {
  if (peaks === undefined || recording === undefined) return {};
  return { samplesIn: (start, end) => recording.channels.map((samples) => samples.subarray(start, end)) };
}
