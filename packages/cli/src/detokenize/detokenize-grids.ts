import { joinGrids, type PcmChunk, type SpeechDetokenizerV1, type TokenGrid } from '@speech-tokens/core';
import { gather, type StreamOptions } from '../tokenize/tokenize-chunks.ts';

/**
 * Audio of a stream of grids. Where the detokenizer streams, memory does not grow with length; where it does not, all
 * grids are gathered first.
 */
export async function* detokenizeGrids(
  detokenizer: SpeechDetokenizerV1,
  grids: AsyncIterable<TokenGrid>,
  { codebookCount, signal, onWork }: StreamOptions,
): AsyncGenerator<PcmChunk> {
  const settings = codebookCount === undefined ? {} : { codebookCount };
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const startMs = performance.now();
    const result = await work;
    onWork?.(performance.now() - startMs);
    return result;
  };
  if (detokenizer.streaming === undefined) {
    const all = await gather(grids);
    if (all.length === 0) return;
    const clip = await timed(detokenizer.detokenize(joinGrids(all), { ...settings, signal }));
    yield { ...clip, startSample: 0 };
    return;
  }
  const session = await detokenizer.streaming.open(settings);
  try {
    for await (const grid of grids) yield* await timed(session.push(grid, { signal }));
    yield* await timed(session.flush({ signal }));
  } finally {
    await session.close();
  }
}
