import type { CallOptions, ChooseToken, LanguageModelSession, TokenGrid, TokenSpace } from '@speech-tokens/core';
import { isCsmEnd } from './csm-prompt.ts';

export interface CsmSpeechOptions extends Pick<CallOptions, 'signal'> {
  /** Rows of `csmPrompt`. */
  readonly prompt: Int32Array;
  readonly choose: ChooseToken;
  /** Of Mimi, with at least as many codebooks as the model has. */
  readonly tokenSpace: TokenSpace;
  /** The most frames; until the model ends, or its context is full, where absent. */
  readonly maxFrames?: number;
}

/**
 * What the model says after a prompt, a grid of one frame at a time, until the frame of zeros that ends it. The next
 * frame is made when it is asked for. Ids that are no codes of Mimi (the last three of each codebook) cannot be heard:
 * keep a sampler from them by its `forbidden`.
 * @throws what `LanguageModelSession.step` throws
 */
export async function* csmSpeech(
  session: LanguageModelSession,
  { prompt, choose, tokenSpace, maxFrames = Number.POSITIVE_INFINITY, signal }: CsmSpeechOptions,
): AsyncGenerator<TokenGrid, void, undefined> {
  const [{ hopSamples = 0 } = {}] = tokenSpace.codebooks;
  const options = signal === undefined ? {} : { signal };
  let row = prompt;
  for (let frame = 0; frame < maxFrames; frame++) {
    row = await session.step(row, choose, options);
    const codes = row.subarray(0, row.length - 1);
    if (isCsmEnd(row, codes.length)) return;
    yield {
      tokenSpace,
      startSample: frame * hopSamples,
      sampleCount: hopSamples,
      tracks: Array.from(codes, (code) => ({ ids: Uint32Array.of(code) })),
    };
  }
}
