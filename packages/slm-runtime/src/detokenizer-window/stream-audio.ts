import {
  type CallOptions,
  type DetokenizerSettings,
  type PcmChunk,
  raceSignal,
  type Streaming,
  type TokenGrid,
} from '@speech-tokens/core';

/**
 * The sound of tokens that are still being made. Takes the next grid only when the sound of the last one has been asked
 * for, so a slow listener slows the model down and nothing piles up.
 * @param grids pieces of one stream, in order; it is told to stop (`return`) when the listener stops or the signal aborts
 * @throws the reason of the signal as soon as it aborts, also while the next grid is waited for
 * @throws SpeechTokensError as `StreamSession.push`; and what `grids` throws
 */
export async function* streamAudio(
  streaming: Streaming<TokenGrid, PcmChunk, DetokenizerSettings>,
  grids: AsyncIterable<TokenGrid>,
  { signal, ...settings }: DetokenizerSettings & Pick<CallOptions, 'signal'> = {},
): AsyncGenerator<PcmChunk, void, undefined> {
  const options = signal === undefined ? {} : { signal };
  const session = await streaming.open(settings);
  const iterator = grids[Symbol.asyncIterator]();
  let isDone = false;
  try {
    while (!isDone) {
      const next = await raceSignal(iterator.next(), signal);
      isDone = next.done === true;
      const chunks = next.done === true ? await session.flush(options) : await session.push(next.value, options);
      for (const chunk of chunks) {
        signal?.throwIfAborted();
        yield chunk;
      }
    }
  } finally {
    // Not waited for: what makes the grids may be in the middle of one.
    if (!isDone) iterator.return?.().catch(() => undefined);
    await session.close();
  }
}
