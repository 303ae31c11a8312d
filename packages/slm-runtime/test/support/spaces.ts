import type { TokenGrid, TokenSpace } from '@speech-tokens/core';
import type { FlatLayout, FrameLayout, FrameStream } from '../../src/index.ts';
import { timeOrderedSlots } from '../../src/index.ts';

const books = (count: number, size: number, hops: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => ({ name: `codebook-${index}`, size, hopSamples: hops(index) }));

export const snac: TokenSpace = {
  id: 'test:snac-24khz',
  sampleRateHz: 24_000,
  codebooks: books(3, 4096, (index) => 2048 >> index),
  prefixDecodable: true,
};

/** SNAC with attention: grids are cut after four coarse frames. */
const snacBlocks: TokenSpace = {
  id: 'test:snac-32khz',
  sampleRateHz: 32_000,
  codebooks: books(4, 4096, (index) => 3072 >> index),
  blockSamples: 4 * 3072,
  prefixDecodable: true,
};

export const mimi: TokenSpace = {
  id: 'test:mimi',
  sampleRateHz: 24_000,
  codebooks: books(32, 2048, () => 1920),
  prefixDecodable: true,
};

export const dac: TokenSpace = {
  id: 'test:dac',
  sampleRateHz: 24_000,
  codebooks: books(4, 1024, () => 320),
  prefixDecodable: true,
};

/** Linguistic tokens at 16.7 per second beside semantic ones at 25. */
const step: TokenSpace = {
  id: 'test:step-audio',
  sampleRateHz: 24_000,
  codebooks: [
    { name: 'linguistic', size: 1024, hopSamples: 1440 },
    { name: 'semantic', size: 4096, hopSamples: 960 },
  ],
  prefixDecodable: false,
};

const xcodec: TokenSpace = {
  id: 'test:xcodec2',
  sampleRateHz: 16_000,
  codebooks: [{ name: 'codes', size: 65_536, hopSamples: 320 }],
  prefixDecodable: true,
};

const slot = (codebook: number, frame: number, idOffset: number) => ({ codebook, frame, idOffset });

export const orpheus: FlatLayout = {
  tokenSpace: snac,
  slots: timeOrderedSlots(snac, { firstId: 128_266, idOffsets: 'slot' }),
  vocabularySize: 156_940,
  boundaryIds: [128_257, 128_258],
};

export const llasa: FlatLayout = {
  tokenSpace: xcodec,
  slots: [slot(0, 0, 128_264)],
  vocabularySize: 193_800,
  boundaryIds: [128_261],
};

export const outetts: FlatLayout = {
  tokenSpace: dac,
  slots: [slot(0, 0, 1000), slot(1, 0, 2024)],
  vocabularySize: 4000,
  boundaryIds: [1],
};

export const stepAudio: FlatLayout = {
  tokenSpace: step,
  slots: [slot(0, 0, 65_536), slot(0, 1, 65_536), slot(1, 0, 66_560), slot(1, 1, 66_560), slot(1, 2, 66_560)],
  vocabularySize: 70_656,
  boundaryIds: [3],
};

export const snacBlocksFlat: FlatLayout = {
  tokenSpace: snacBlocks,
  slots: timeOrderedSlots(snacBlocks, { firstId: 10, idOffsets: 'codebook' }),
  vocabularySize: 20_000,
  boundaryIds: [2],
};

const rows = (channel: string, role: FrameStream['role'], count: number, options: Partial<FrameStream>) =>
  Array.from({ length: count }, (_, codebook) => ({
    name: `${channel}-${codebook}`,
    role,
    vocabularySize: 2048,
    slot: { channel, ...slot(codebook, 0, 0) },
    ...options,
  }));

export const moshi: FrameLayout = {
  channels: { self: mimi, user: mimi },
  initialSteps: 1,
  streams: [
    { name: 'text', role: 'out', vocabularySize: 32_000, initialId: 32_000, padId: 3 },
    ...rows('self', 'out', 8, { initialId: 2048 }).map((row, index) => ({ ...row, delaySteps: index === 0 ? 0 : 1 })),
    ...rows('user', 'in', 8, { initialId: 2048 }).map((row, index) => ({ ...row, delaySteps: index === 0 ? 0 : 1 })),
  ],
};

export const musicgen: FrameLayout = {
  channels: { music: dac },
  initialSteps: 1,
  streams: rows('music', 'out', 4, { initialId: 2048, padId: 2048 }).map((row, delaySteps) => ({ ...row, delaySteps })),
};

export const csm: FrameLayout = {
  channels: { voice: mimi },
  streams: [
    ...rows('voice', 'out', 32, { vocabularySize: 2051 }),
    { name: 'text', role: 'in', vocabularySize: 128_256 },
  ],
};

/** Seven rows for a frame of SNAC, row i delayed by i + 1, and text. */
export const miniOmni: FrameLayout = {
  channels: { voice: snac },
  streams: [
    ...timeOrderedSlots(snac, { firstId: 0, idOffsets: 'none' }).map((place, index) => ({
      name: `audio-${index}`,
      role: 'out' as const,
      vocabularySize: 4160,
      delaySteps: index + 1,
      initialId: 4097,
      padId: 4097,
      slot: { channel: 'voice', ...place },
    })),
    { name: 'text', role: 'out', vocabularySize: 152_000 },
  ],
};

/** A grid of given codes: `code(codebook, frame)`. */
export function gridOf(
  tokenSpace: TokenSpace,
  codebookCount: number,
  sampleCount: number,
  code: (codebook: number, frame: number) => number,
  startSample = 0,
): TokenGrid {
  const tracks = tokenSpace.codebooks.slice(0, codebookCount).map(({ hopSamples }, codebook) => ({
    ids: Uint32Array.from({ length: Math.ceil(sampleCount / (hopSamples as number)) }, (_, frame) =>
      code(codebook, frame),
    ),
  }));
  return { tokenSpace, startSample, sampleCount, tracks };
}
