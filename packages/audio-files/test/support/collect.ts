import type { PcmChunk } from '@speech-tokens/core';
import { expect } from 'vitest';
import { type AudioInput, type AudioWarning, openAudioFile, type ReadOptions } from '../../src/index.ts';

export interface Collected {
  readonly startSample: number;
  readonly channels: Float32Array[];
  readonly chunkCount: number;
}

/** Joins a stream and checks on the way that its pieces follow each other. */
export async function collect(chunks: AsyncIterable<PcmChunk>): Promise<Collected> {
  const planes: number[][] = [];
  let start: number | undefined;
  let next = 0;
  let chunkCount = 0;
  for await (const chunk of chunks) {
    start ??= chunk.startSample;
    if (chunkCount > 0) expect(chunk.startSample).toBe(next);
    next = chunk.startSample + chunk.channels[0]!.length;
    chunkCount++;
    for (const [channel, samples] of chunk.channels.entries()) {
      expect(samples.length).toBe(chunk.channels[0]!.length);
      planes[channel] ??= [];
      for (const value of samples) planes[channel].push(value);
    }
  }
  return { startSample: start ?? 0, channels: planes.map((plane) => Float32Array.from(plane)), chunkCount };
}

export interface ReadFile extends Collected {
  readonly format: string;
  readonly encoding: string;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleCount: number | undefined;
  readonly warnings: readonly AudioWarning[];
}

export async function readFile(input: AudioInput, options: ReadOptions = {}): Promise<ReadFile> {
  const file = await openAudioFile(input);
  try {
    const { format, encoding, sampleRateHz, channelCount, sampleCount, warnings } = file;
    const collected = await collect(file.read(options));
    return { ...collected, format, encoding, sampleRateHz, channelCount, sampleCount, warnings };
  } finally {
    await file.close();
  }
}

export function fixture(name: string): string {
  return new URL(`../fixtures/${name}`, import.meta.url).pathname;
}

export function codesOf(warnings: readonly AudioWarning[]): string[] {
  return warnings.map((warning) => warning.code);
}
