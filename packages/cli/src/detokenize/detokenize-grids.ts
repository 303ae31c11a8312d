import {
  type DetokenizerSettings,
  joinGrids,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type TokenGrid,
} from '@speech-tokens/core';
import { codebookSettings, gather, type StreamOptions, throughSession, timed } from '../streams/through-session.ts';

export type GridOptions = StreamOptions & Pick<DetokenizerSettings, 'conditioning'>;

/**
 * Audio of a stream of grids. Where the detokenizer streams, memory does not grow with length; where it does not, all
 * grids are gathered first.
 */
export async function* detokenizeGrids(
  detokenizer: SpeechDetokenizerV1,
  grids: AsyncIterable<TokenGrid>,
  options: GridOptions,
): AsyncGenerator<PcmChunk> {
  const { conditioning } = options;
  const settings = { ...codebookSettings(options), ...(conditioning === undefined ? {} : { conditioning }) };
  if (detokenizer.streaming === undefined) {
    const all = await gather(grids);
    if (all.length === 0) return;
    const call = detokenizer.detokenize(joinGrids(all), { ...settings, signal: options.signal });
    yield { ...(await timed(call, options.onWork)), startSample: 0 };
    return;
  }
  yield* throughSession(await detokenizer.streaming.open(settings), grids, options);
}
