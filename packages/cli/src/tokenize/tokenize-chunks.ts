import { type PcmChunk, type SpeechTokenizerV1, sampleCountOf, type TokenGrid } from '@speech-tokens/core';
import { codebookSettings, gather, type StreamOptions, throughSession, timed } from '../streams/through-session.ts';

/**
 * Tokens of a stream of audio that has the tokenizer's own rate and channels. Where the tokenizer streams, memory does
 * not grow with length; where it does not, the whole recording is gathered first.
 */
export async function* tokenizeChunks(
  tokenizer: SpeechTokenizerV1,
  chunks: AsyncIterable<PcmChunk>,
  options: StreamOptions,
): AsyncGenerator<TokenGrid> {
  const settings = codebookSettings(options);
  if (tokenizer.streaming === undefined) {
    const { sampleRateHz, channelCount } = tokenizer.audioFormat;
    const channels = joinChannels(await gather(chunks), channelCount);
    const call = tokenizer.tokenize({ sampleRateHz, channels }, { ...settings, signal: options.signal });
    yield await timed(call, options.onWork);
    return;
  }
  yield* throughSession(await tokenizer.streaming.open(settings), chunks, options);
}

/** Chunks one after the other, channel by channel. */
export function joinChannels(chunks: readonly PcmChunk[], channelCount: number): Float32Array[] {
  const total = chunks.reduce((sum, chunk) => sum + sampleCountOf(chunk), 0);
  return Array.from({ length: channelCount }, (_, channel) => {
    const joined = new Float32Array(total);
    let at = 0;
    for (const { channels } of chunks) {
      joined.set(channels[channel]!, at);
      at += channels[channel]!.length;
    }
    return joined;
  });
}
