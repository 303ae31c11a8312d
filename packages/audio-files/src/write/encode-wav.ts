import { type AudioClip, sampleCountOf } from '@speech-tokens/core';
import { createSampleWriter } from './sample-writer.ts';
import { bytesPerSampleOf, checkWavFormat, type WavSampleFormat, wavHeader } from './wav-header.ts';

/**
 * A whole WAV file in memory, for short clips. 16-bit samples outside [-1, 1) are clipped; `createWavWriter` counts them.
 * @throws SpeechTokensError `audio-format` when channels differ in length or values are not finite
 * @throws SpeechTokensError `argument-invalid` when WAV cannot hold the rate, the channels or the size
 */
export function encodeWav(clip: AudioClip, sampleFormat: WavSampleFormat = 'int16'): Uint8Array<ArrayBuffer> {
  const format = { sampleRateHz: clip.sampleRateHz, channelCount: clip.channels.length, sampleFormat };
  checkWavFormat(format);
  const dataBytes = sampleCountOf(clip) * format.channelCount * bytesPerSampleOf(sampleFormat);
  const header = wavHeader({ ...format, dataBytes, reserveLongSizes: false });
  const samples = createSampleWriter(format).encode(clip);
  const bytes = new Uint8Array(header.length + samples.length);
  bytes.set(header);
  bytes.set(samples, header.length);
  return bytes;
}
