import { type PcmChunk, type SpeechTokenizerV1, sampleCountOf, type TokenGrid } from '@speech-tokens/core';

export interface StreamOptions {
  /** All of the tokenizer's, or of the grid's, by default. */
  readonly codebookCount: number | undefined;
  readonly signal: AbortSignal;
  /** Called with the time that the model took for each piece. */
  readonly onWork?: (milliseconds: number) => void;
}

/**
 * Tokens of a stream of audio that has the tokenizer's own rate and channels. Where the tokenizer streams, memory does
 * not grow with length; where it does not, the whole recording is gathered first.
 */
export async function* tokenizeChunks(
  tokenizer: SpeechTokenizerV1,
  chunks: AsyncIterable<PcmChunk>,
  { codebookCount, signal, onWork }: StreamOptions,
): AsyncGenerator<TokenGrid> {
  const settings = codebookCount === undefined ? {} : { codebookCount };
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const startMs = performance.now();
    const result = await work;
    onWork?.(performance.now() - startMs);
    return result;
  };
  if (tokenizer.streaming === undefined) {
    const { sampleRateHz, channelCount } = tokenizer.audioFormat;
    const channels = joinChannels(await gather(chunks), channelCount);
    yield await timed(tokenizer.tokenize({ sampleRateHz, channels }, { ...settings, signal }));
    return;
  }
  const session = await tokenizer.streaming.open(settings);
  try {
    for await (const chunk of chunks) yield* await timed(session.push(chunk, { signal }));
    yield* await timed(session.flush({ signal }));
  } finally {
    await session.close();
  }
}

export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Chunks one after the other, channel by channel. */
function joinChannels(chunks: readonly PcmChunk[], channelCount: number): Float32Array[] {
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
