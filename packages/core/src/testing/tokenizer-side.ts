import { type AudioClip, type PcmChunk, sampleCountOf } from '../audio/audio-clip.ts';
import type { SpeechTokenizerV1 } from '../contract/speech-tokenizer.ts';
import type { SeededRandom } from '../random/seeded-random.ts';
import { takeCodebooks } from '../tokens/take-codebooks.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import { type CodecSide, lengthsFor } from './codec-side.ts';
import { differenceOfClips, differenceOfGrids } from './differences.ts';
import { makeMixedClip } from './test-audio.ts';
import { copyArray, copyGrid, joinStreamedGrids } from './test-grids.ts';

/** A tokenizer as the checks see it: clips in, grids out. */
export interface TokenizerSide extends CodecSide<AudioClip, TokenGrid, PcmChunk, TokenGrid> {
  readonly name: 'tokenizer';
  readonly part: SpeechTokenizerV1;
  another(): Promise<TokenizerSide>;
}

export function createTokenizerSide(
  tokenizer: SpeechTokenizerV1,
  {
    random,
    clips,
    another,
  }: {
    readonly random: SeededRandom;
    readonly clips: readonly AudioClip[];
    readonly another: () => Promise<TokenizerSide>;
  },
): TokenizerSide {
  const batch = tokenizer.tokenizeBatch === undefined ? undefined : tokenizer.tokenizeBatch.bind(tokenizer);
  return {
    name: 'tokenizer',
    part: tokenizer,
    lengths: lengthsFor(tokenizer.tokenSpace, tokenizer.streaming?.latencySamples),
    extraInputs: clips,
    call: (clip, options) => tokenizer.tokenize(clip, options),
    ...(batch === undefined ? {} : { callBatch: batch }),
    ...(tokenizer.streaming === undefined ? {} : { streaming: tokenizer.streaming }),
    stepSamples: 1,
    another,
    makeInput: async (sampleCount, label) => makeMixedClip(tokenizer.audioFormat, sampleCount, random.fork(label)),
    lengthOf: sampleCountOf,
    copyInput: copyClip,
    pieceOf: chunkOf,
    copyPiece: (chunk) => ({ ...copyClip(chunk), startSample: chunk.startSample }),
    scramble: scrambleClip,
    differenceOfInputs: differenceOfClips,
    takeOfInput: (clip) => clip,
    takeOfOutput: takeCodebooks,
    differenceOfOutputs: differenceOfGrids,
    copyOutput: copyGrid,
    joinOutputs: joinStreamedGrids,
    coveredBy: (grids) => grids.reduce((sum, { sampleCount }) => sum + sampleCount, 0),
    shiftPiece: (chunk, samples) => ({ ...chunk, startSample: chunk.startSample + samples }),
  };
}

/** A copy that shares no memory; with `asViews`, its arrays lie in the middle of larger buffers. */
export function copyClip(clip: AudioClip, { asViews = false }: { readonly asViews?: boolean } = {}): AudioClip {
  return { sampleRateHz: clip.sampleRateHz, channels: clip.channels.map((samples) => copyArray(samples, asViews)) };
}

/** The chunk of a clip from `start` to `end` (exclusive), with memory of its own. */
function chunkOf(clip: AudioClip, start: number, end: number, { asViews = false } = {}): PcmChunk {
  const channels = clip.channels.map((samples) => copyArray(samples.subarray(start, end), asViews));
  return { sampleRateHz: clip.sampleRateHz, startSample: start, channels };
}

function scrambleClip({ channels }: AudioClip): void {
  for (const samples of channels) {
    samples.reverse();
    for (let i = 0; i < samples.length; i++) samples[i] = 0.5 - (samples[i] as number) / 2;
  }
}
