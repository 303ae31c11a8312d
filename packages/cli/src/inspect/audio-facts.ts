import type { AudioFile } from '@speech-tokens/audio-files';
import { formatDuration, formatSampleRate } from '../terminal/figures.ts';

/** What is known of a recording, the most important first. */
export function audioFacts(file: AudioFile, durationSeconds: number): readonly string[] {
  const { channelCount, sampleRateHz, encoding, format } = file;
  const channels = channelCount === 1 ? 'mono' : channelCount === 2 ? 'stereo' : `${channelCount} channels`;
  return [formatDuration(durationSeconds), formatSampleRate(sampleRateHz), channels, `${encoding} ${format}`];
}
