import { type AudioClip, SpeechTokensError, sampleCountOf } from '@speech-tokens/core';
import { argumentError } from '../errors.ts';

/** How several channels become one: their average, or one of them. */
export type MixMode = 'average' | { readonly channel: number };

/**
 * One channel of a clip or a chunk that may have several; everything else of it stays.
 * @param mode `average` by default: the sum over the count, so that it cannot clip
 * @throws SpeechTokensError `argument-invalid` when the channel asked for does not exist
 */
export function mixToMono<Clip extends AudioClip>(clip: Clip, mode: MixMode = 'average'): Clip {
  return { ...clip, channels: [monoSamples(clip.channels, mode)] };
}

/**
 * A clip or a chunk with the wanted number of channels: the same where it fits, one copied to all of them, several
 * mixed to one. Other changes have no agreed meaning and are refused.
 * @throws SpeechTokensError `audio-format` when several channels would have to become another number above one
 */
export function toChannelCount<Clip extends AudioClip>(
  clip: Clip,
  channelCount: number,
  mode: MixMode = 'average',
): Clip {
  if (!Number.isSafeInteger(channelCount) || channelCount < 1) {
    throw argumentError('channelCount', String(channelCount), 'an integer of 1 or more');
  }
  const found = clip.channels.length;
  if (found === channelCount) return clip;
  if (channelCount === 1) return mixToMono(clip, mode);
  if (found === 1) return { ...clip, channels: Array.from({ length: channelCount }, () => clip.channels[0]!.slice()) };
  throw new SpeechTokensError('audio-format', {
    problem: 'There is no agreed way to change the number of channels',
    found: `${found}`,
    wanted: `${channelCount}`,
    remedy: 'Mix to mono first, or pick channels yourself',
    details: {},
  });
}

function monoSamples(channels: readonly Float32Array[], mode: MixMode): Float32Array {
  if (mode !== 'average') {
    const picked = channels[mode.channel];
    if (picked === undefined) {
      throw argumentError('mode.channel', String(mode.channel), `an integer from 0 to ${channels.length - 1}`);
    }
    return picked;
  }
  if (channels.length === 1) return channels[0]!;
  const mixed = new Float32Array(sampleCountOf({ sampleRateHz: 1, channels }));
  for (let i = 0; i < mixed.length; i++) {
    let sum = 0;
    for (const samples of channels) sum += samples[i]!;
    mixed[i] = sum / channels.length;
  }
  return mixed;
}
