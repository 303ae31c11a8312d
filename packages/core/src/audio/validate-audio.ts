import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { AudioClip, AudioFormat } from './audio-clip.ts';

/**
 * Checks that a clip is laid out as wanted: its rate, its channels, all of one length, every sample finite.
 * @throws SpeechTokensError `audio-format`
 */
export function validateAudioClip(clip: AudioClip, wanted: AudioFormat): void {
  const { sampleRateHz, channels } = clip;
  if (sampleRateHz !== wanted.sampleRateHz) {
    throw invalid(
      'The audio has another sample rate than the model works at',
      `${sampleRateHz} Hz`,
      `${wanted.sampleRateHz} Hz`,
      'Resample it first (resampleClip of @speech-tokens/audio-files does)',
    );
  }
  if (channels.length !== wanted.channelCount) {
    throw invalid(
      'The audio has another number of channels than the model takes',
      String(channels.length),
      String(wanted.channelCount),
      'Mix it first (toChannelCount of @speech-tokens/audio-files does)',
    );
  }
  for (const [index, samples] of channels.entries()) {
    if (!isFloat32Array(samples) || samples.length !== channels[0]!.length) {
      throw invalid(
        `Channel ${index} of the audio is not like the first`,
        isFloat32Array(samples) ? `${samples.length} samples` : 'no Float32Array',
        `a Float32Array of ${channels[0]?.length} samples`,
        'Give planar samples of one length',
      );
    }
    const at = samples.findIndex((sample) => !Number.isFinite(sample));
    if (at !== -1) {
      throw invalid(
        `Sample ${at} of channel ${index} is not a number that can be heard`,
        String(samples[at]),
        'finite samples, nominally within [-1, 1]',
        'Check how the audio was made; zero stands for silence',
      );
    }
  }
}

/** By name, so that arrays of another realm (a worker, a test environment) count too. */
function isFloat32Array(value: unknown): value is Float32Array {
  return Object.prototype.toString.call(value) === '[object Float32Array]';
}

function invalid(problem: string, found: string, wanted: string, remedy: string): SpeechTokensError<'audio-format'> {
  return new SpeechTokensError('audio-format', { problem, found, wanted, remedy, details: {} });
}
