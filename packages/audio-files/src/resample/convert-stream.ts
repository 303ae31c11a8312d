import {
  type AudioClip,
  type AudioFormat,
  type CallOptions,
  type PcmChunk,
  SpeechTokensError,
  sampleCountOf,
} from '@speech-tokens/core';
import { type MixMode, toChannelCount } from '../mix/channels.ts';
import { createResampler, joinPieces, type Resampler } from './resampler.ts';

export interface ConvertOptions extends Pick<CallOptions, 'signal'> {
  /** How several channels become one; `average` by default. */
  readonly mix?: MixMode;
}

/**
 * Converts a stream of chunks to the rate and channels that a tokenizer wants. The result starts at sample 0 and does
 * not depend on how the input is cut.
 * @param chunks in order, without gaps, all of one rate and channel count
 * @throws SpeechTokensError `stream-order` when a chunk does not start where the last one ended
 * @throws SpeechTokensError `audio-format` when the format changes on the way, or cannot become the wanted one
 */
export async function* convertStream(
  chunks: AsyncIterable<PcmChunk> | Iterable<PcmChunk>,
  wanted: AudioFormat,
  options: ConvertOptions = {},
): AsyncGenerator<PcmChunk> {
  const { signal, mix = 'average' } = options;
  const { sampleRateHz } = wanted;
  let resampler: Resampler | undefined;
  let source: AudioFormat | undefined;
  let nextSample: number | undefined;
  let startSample = 0;
  const toChunk = (channels: readonly Float32Array[]): PcmChunk => {
    const chunk = { sampleRateHz, startSample, channels };
    startSample += sampleCountOf(chunk);
    return chunk;
  };
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      source ??= { sampleRateHz: chunk.sampleRateHz, channelCount: chunk.channels.length };
      checkContinues(chunk, source, nextSample ?? chunk.startSample);
      nextSample = chunk.startSample + sampleCountOf(chunk);
      resampler ??= await createResampler({
        fromHz: source.sampleRateHz,
        toHz: sampleRateHz,
        channelCount: wanted.channelCount,
      });
      const ready = toChunk(resampler.push(toChannelCount(chunk, wanted.channelCount, mix).channels));
      if (sampleCountOf(ready) > 0) yield ready;
    }
    signal?.throwIfAborted();
    if (resampler !== undefined) {
      const rest = toChunk(resampler.flush());
      if (sampleCountOf(rest) > 0) yield rest;
    }
  } finally {
    resampler?.close();
  }
}

function checkContinues(chunk: PcmChunk, source: AudioFormat, wantedStartSample: number): void {
  if (chunk.startSample !== wantedStartSample) {
    throw new SpeechTokensError('stream-order', {
      problem: 'A chunk of the stream does not start where the last one ended',
      found: `sample ${chunk.startSample}`,
      wanted: `sample ${wantedStartSample}`,
      remedy: 'Pass chunks in order and without gaps',
      details: { foundStartSample: chunk.startSample, wantedStartSample },
    });
  }
  if (chunk.sampleRateHz !== source.sampleRateHz || chunk.channels.length !== source.channelCount) {
    throw new SpeechTokensError('audio-format', {
      problem: 'The format of the stream changed on the way',
      found: `${chunk.sampleRateHz} Hz, ${chunk.channels.length} channels`,
      wanted: `${source.sampleRateHz} Hz, ${source.channelCount} channels`,
      remedy: 'Convert each part on its own',
      details: {},
    });
  }
}

/**
 * A clip at another rate: `round(length * toHz / fromHz)` samples, sample 0 at the same time. The same samples as a
 * stream of it gives.
 */
export async function resampleClip(clip: AudioClip, toHz: number): Promise<AudioClip> {
  return await convertClip(clip, { sampleRateHz: toHz, channelCount: clip.channels.length });
}

/** A clip at the rate and with the channels that are wanted. */
export async function convertClip(
  clip: AudioClip,
  wanted: AudioFormat,
  options: Pick<ConvertOptions, 'mix'> = {},
): Promise<AudioClip> {
  const mixed = toChannelCount(clip, wanted.channelCount, options.mix);
  const resampler = await createResampler({
    fromHz: clip.sampleRateHz,
    toHz: wanted.sampleRateHz,
    channelCount: wanted.channelCount,
  });
  try {
    const body = resampler.push(mixed.channels);
    const tail = resampler.flush();
    const channels = body.map((samples, channel) => joinPieces([samples, tail[channel]!]));
    return { sampleRateHz: wanted.sampleRateHz, channels };
  } finally {
    resampler.close();
  }
}
