import { type AudioClip, type AudioFormat, type CallOptions, sampleCountOf } from '@speech-tokens/core';
import type { AudioWarning } from './audio-file.ts';
import { decodeError } from './errors.ts';
import type { MixMode } from './mix/channels.ts';
import { type AudioInput, openAudioFile } from './open-audio-file.ts';
import { convertStream } from './resample/convert-stream.ts';
import { joinPieces } from './resample/resampler.ts';

export interface ReadClipOptions extends CallOptions {
  /** Rate and channels to convert to; those of the file by default. */
  readonly format?: AudioFormat;
  /** How several channels become one; `average` by default. */
  readonly mix?: MixMode;
  /** Refuses what would take more memory than this as samples; 1 GiB by default (4.6 hours of 16 kHz mono). */
  readonly maxMemoryBytes?: number;
}

export interface ReadClip extends AudioClip {
  readonly warnings: readonly AudioWarning[];
}

/**
 * A whole file in memory.
 * @throws SpeechTokensError `audio-decode` also when it would be larger than `maxMemoryBytes`
 */
export async function readAudioClip(input: AudioInput, options: ReadClipOptions = {}): Promise<ReadClip> {
  const { signal, maxMemoryBytes = 2 ** 30 } = options;
  const file = await openAudioFile(input, signal === undefined ? {} : { signal });
  try {
    const format = options.format ?? { sampleRateHz: file.sampleRateHz, channelCount: file.channelCount };
    const checkSize = (sampleCount: number): void => {
      if (sampleCount * format.channelCount * 4 <= maxMemoryBytes) return;
      throw decodeError({
        problem: 'The audio is too long to be held in memory',
        found: `${Math.round(sampleCount / format.sampleRateHz)} s or more of ${format.channelCount} channels`,
        wanted: `at most ${maxMemoryBytes} bytes of samples`,
        remedy: 'Read it piece by piece with openAudioFile, or raise maxMemoryBytes',
        name: typeof input === 'string' ? input : 'audio',
        format: file.format,
      });
    };
    checkSize(((file.sampleCount ?? 0) / file.sampleRateHz) * format.sampleRateHz);
    const pieces: Float32Array[][] = Array.from({ length: format.channelCount }, () => []);
    let sampleCount = 0;
    for await (const chunk of convertStream(file.read(options), format, options)) {
      sampleCount += sampleCountOf(chunk);
      checkSize(sampleCount);
      for (const [channel, samples] of chunk.channels.entries()) pieces[channel]!.push(samples);
    }
    return { sampleRateHz: format.sampleRateHz, channels: pieces.map(joinPieces), warnings: file.warnings };
  } finally {
    await file.close();
  }
}
