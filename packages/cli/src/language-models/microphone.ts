import { setTimeout as pause } from 'node:timers/promises';
import { type AudioFile, convertStream } from '@speech-tokens/audio-files';
import { type AudioFormat, type PcmChunk, type SpeechTokenizerV1, sampleCountOf } from '@speech-tokens/core';
import type { DuplexConversation } from '@speech-tokens/slm-runtime';
import { frameSamplesOf } from './model-run.ts';

export interface Microphone {
  readonly file: AudioFile;
  /** Silence after the recording. */
  readonly tailSeconds: number;
  /** When the first sample is heard, where a frame is not heard before it is over; else all is heard at once. */
  readonly realtimeStartMs?: number;
  readonly signal: AbortSignal;
}

/** Pushes a recording, and the silence after it, into a conversation, and ends it. A failure closes it. */
export async function speakInto(
  conversation: DuplexConversation,
  { audioFormat, tokenSpace }: SpeechTokenizerV1,
  { file, tailSeconds, realtimeStartMs, signal }: Microphone,
): Promise<void> {
  try {
    const recorded = convertStream(file.read({ signal }), audioFormat, { signal });
    const tailSamples = Math.round(tailSeconds * audioFormat.sampleRateHz);
    for await (const chunk of withSilence(recorded, audioFormat, tailSamples)) {
      const sampleCount = sampleCountOf(chunk);
      const pieceSamples = realtimeStartMs === undefined ? sampleCount : frameSamplesOf(tokenSpace);
      for (let at = 0; at < sampleCount; at += pieceSamples) {
        const end = Math.min(sampleCount, at + pieceSamples);
        if (realtimeStartMs !== undefined) {
          const seconds = (chunk.startSample + end) / audioFormat.sampleRateHz;
          await until(realtimeStartMs + 1000 * seconds, signal);
        }
        const { sampleRateHz } = audioFormat;
        await conversation.push({ sampleRateHz, channels: chunk.channels.map((one) => one.subarray(at, end)) });
      }
    }
    conversation.end();
  } catch (error) {
    await conversation.close();
    throw error;
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

/** Waits for a time of `performance.now`. @throws the reason of the signal */
async function until(dueMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = dueMs - performance.now();
  if (leftMs > 0) await pause(leftMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}
