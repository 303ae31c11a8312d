import { type AudioFile, convertStream } from '@speech-tokens/audio-files';
import {
  type AudioFormat,
  type PcmChunk,
  type SpeechTokenizerV1,
  sampleCountOf,
  sliceGrid,
  type TokenGrid,
} from '@speech-tokens/core';
import { tokenizeChunks } from '../tokenize/tokenize-chunks.ts';
import { frameSamplesOf } from './model-run.ts';

export interface Microphone {
  readonly file: AudioFile;
  /** Silence after the recording. */
  readonly tailSeconds: number;
  readonly codebookCount: number;
  readonly signal: AbortSignal;
}

/** A recording and the silence after it as frames of a codec, one by one. */
export async function* heardFrames(
  tokenizer: SpeechTokenizerV1,
  { file, tailSeconds, codebookCount, signal }: Microphone,
): AsyncGenerator<TokenGrid> {
  const { audioFormat, tokenSpace } = tokenizer;
  const recorded = convertStream(file.read({ signal }), audioFormat, { signal });
  const chunks = withSilence(recorded, audioFormat, Math.round(tailSeconds * audioFormat.sampleRateHz));
  const frameSamples = frameSamplesOf(tokenSpace);
  for await (const grid of tokenizeChunks(tokenizer, chunks, { codebookCount, signal })) {
    const end = grid.startSample + grid.sampleCount;
    for (let at = grid.startSample; at < end; at += frameSamples) {
      yield sliceGrid(grid, at, Math.min(end, at + frameSamples));
    }
  }
}

async function* withSilence(
  chunks: AsyncIterable<PcmChunk>,
  { sampleRateHz, channelCount }: AudioFormat,
  sampleCount: number,
): AsyncGenerator<PcmChunk> {
  let startSample = 0;
  for await (const chunk of chunks) {
    startSample = chunk.startSample + sampleCountOf(chunk);
    yield chunk;
  }
  for (let at = 0; at < sampleCount; at += sampleRateHz) {
    const length = Math.min(sampleRateHz, sampleCount - at);
    const channels = Array.from({ length: channelCount }, () => new Float32Array(length));
    yield { sampleRateHz, channels, startSample: startSample + at };
  }
}
