import type { AudioClip, PcmChunk, TokenGrid } from '@speech-tokens/core';
import { joinGrids, sliceGrid } from '@speech-tokens/core';
import type { Codec } from './codecs.ts';

/** A clip through a tokenizer's stream, in pieces of these sizes in turn; the grids joined. */
export async function tokensOfStream(codec: Codec, clip: AudioClip, sizes: readonly number[]): Promise<TokenGrid> {
  const session = await codec.tokenizer.streaming!.open();
  const grids: TokenGrid[] = [];
  const length = clip.channels[0]!.length;
  for (let at = 0, i = 0; at < length; i++) {
    const end = Math.min(length, at + sizes[i % sizes.length]!);
    const channels = clip.channels.map((samples) => samples.subarray(at, end));
    grids.push(...(await session.push({ ...clip, channels, startSample: at })));
    at = end;
  }
  grids.push(...(await session.flush()));
  await session.close();
  return joinGrids(grids);
}

/** A grid through a detokenizer's stream, in pieces of so many times `stepSamples` in turn; the audio of each channel joined. */
export async function audioOfStream(
  codec: Codec,
  grid: TokenGrid,
  stepSamples: number,
  counts: readonly number[],
): Promise<Float32Array[]> {
  const session = await codec.detokenizer.streaming!.open();
  const chunks: PcmChunk[] = [];
  for (let at = 0, i = 0; at < grid.sampleCount; i++) {
    const end = Math.min(grid.sampleCount, at + counts[i % counts.length]! * stepSamples);
    chunks.push(...(await session.push(sliceGrid(grid, at, end))));
    at = end;
  }
  chunks.push(...(await session.flush()));
  await session.close();
  return Array.from({ length: codec.detokenizer.audioFormat.channelCount }, (_, channel) => {
    const parts = chunks.map(({ channels }) => channels[channel]!);
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  });
}

export function sameBits(a: Float32Array, b: Float32Array): boolean {
  const bytes = (values: Float32Array): Buffer => Buffer.from(values.slice().buffer);
  return bytes(a).equals(bytes(b));
}
