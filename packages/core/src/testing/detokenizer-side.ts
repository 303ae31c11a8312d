import type { AudioClip, PcmChunk } from '../audio/audio-clip.ts';
import type { SpeechDetokenizerV1 } from '../contract/speech-detokenizer.ts';
import type { SeededRandom } from '../random/seeded-random.ts';
import { takeCodebooks } from '../tokens/take-codebooks.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { sliceGrid } from '../transforms/slice-grid.ts';
import { type CodecSide, lengthsFor } from './codec-side.ts';
import { ConformanceFailure } from './conformance-check.ts';
import { describeClip, differenceOfClips, differenceOfGrids } from './differences.ts';
import { copyGrid, makeRandomGrid } from './test-grids.ts';
import { copyClip } from './tokenizer-side.ts';

/** Makes a grid of this many samples; other labels give other contents. */
export type MakeGrid = (sampleCount: number, label: string) => Promise<TokenGrid>;

/** A detokenizer as the checks see it: grids in, clips out. */
export interface DetokenizerSide extends CodecSide<TokenGrid, AudioClip, TokenGrid, PcmChunk> {
  readonly name: 'detokenizer';
  readonly part: SpeechDetokenizerV1;
  another(): Promise<DetokenizerSide>;
}

export function createDetokenizerSide(
  detokenizer: SpeechDetokenizerV1,
  {
    random,
    makeGrid,
    another,
  }: {
    readonly random: SeededRandom;
    readonly makeGrid?: MakeGrid | undefined;
    readonly another: () => Promise<DetokenizerSide>;
  },
): DetokenizerSide {
  const { tokenSpace, audioFormat, streaming } = detokenizer;
  const makeInput: MakeGrid =
    makeGrid ?? (async (sampleCount, label) => makeRandomGrid(tokenSpace, sampleCount, random.fork(label)));
  const lengths = lengthsFor(tokenSpace, streaming?.latencySamples);
  const batch = detokenizer.detokenizeBatch === undefined ? undefined : detokenizer.detokenizeBatch.bind(detokenizer);
  return {
    name: 'detokenizer',
    part: detokenizer,
    lengths,
    extraInputs: [],
    call: (grid, options) => detokenizer.detokenize(grid, options),
    ...(batch === undefined ? {} : { callBatch: batch }),
    ...(streaming === undefined ? {} : { streaming }),
    stepSamples: lengths.period,
    another,
    makeInput,
    lengthOf: (grid) => grid.sampleCount,
    copyInput: copyGrid,
    pieceOf: (grid, start, end, options) => copyGrid(sliceGrid(grid, start, end), options),
    copyPiece: (grid) => copyGrid(grid),
    scramble: scrambleGrid,
    differenceOfInputs: differenceOfGrids,
    takeOfInput: takeCodebooks,
    takeOfOutput: (clip) => clip,
    differenceOfOutputs: differenceOfClips,
    copyOutput: copyClip,
    joinOutputs: joinChunks,
    coveredBy: (chunks) => {
      const count = chunks.reduce((sum, { channels }) => sum + (channels[0]?.length ?? 0), 0);
      return spaceSamplesCoveredBy(count, tokenSpace, audioFormat.sampleRateHz);
    },
    shiftPiece: (grid, samples) => ({ ...grid, startSample: grid.startSample + samples }),
  };
}

/** Samples that a detokenizer owes for this many samples of its token space. */
export function outputSampleCount(spaceSampleCount: number, space: TokenSpace, outputRateHz: number): number {
  return Math.round((spaceSampleCount * outputRateHz) / space.sampleRateHz);
}

/** The most samples of the space for which this much output is enough. */
function spaceSamplesCoveredBy(outputCount: number, space: TokenSpace, outputRateHz: number): number {
  let count = Math.ceil((outputCount * space.sampleRateHz) / outputRateHz) + 2;
  while (count > 0 && outputSampleCount(count, space, outputRateHz) > outputCount) count--;
  return count;
}

function joinChunks(chunks: readonly PcmChunk[]): AudioClip {
  const [first] = chunks;
  if (first === undefined)
    throw new ConformanceFailure('A stream gave no audio at all', { found: 'none', wanted: 'some' });
  let end = 0;
  for (const chunk of chunks) {
    const fits = chunk.sampleRateHz === first.sampleRateHz && chunk.channels.length === first.channels.length;
    if (chunk.startSample !== end || !fits) {
      throw new ConformanceFailure('The chunks of a stream must follow each other in one format', {
        found: `${describeClip(chunk)} from sample ${chunk.startSample} on`,
        wanted: `${first.channels.length} channels at ${first.sampleRateHz} Hz from sample ${end} on`,
      });
    }
    end += chunk.channels[0]?.length ?? 0;
  }
  const channels = first.channels.map(() => new Float32Array(end));
  for (const chunk of chunks) {
    for (const [channel, samples] of chunk.channels.entries()) channels[channel]?.set(samples, chunk.startSample);
  }
  return { sampleRateHz: first.sampleRateHz, channels };
}

function scrambleGrid({ tokenSpace, tracks, sideTracks }: TokenGrid): void {
  for (const [k, { ids, durationsFrames }] of tracks.entries()) {
    const size = tokenSpace.codebooks[k]?.size ?? 1;
    ids.reverse();
    durationsFrames?.reverse();
    for (let i = 0; i < ids.length; i++) ids[i] = size - 1 - (ids[i] as number);
  }
  for (const { values } of sideTracks ?? []) values.reverse();
}
