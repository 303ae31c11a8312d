import { type AudioClip, sampleCountOf } from '../audio/audio-clip.ts';
import { validateAudioClip } from '../audio/validate-audio.ts';
import type { SpeechTokenizerV1, TokenizeOptions } from '../contract/speech-tokenizer.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import { batchOneByOne } from './batch-one-by-one.ts';

/**
 * The `tokenizeBatch` of a tokenizer whose model takes one clip at a time, with all that the contract promises of it.
 * Clips that cannot be taken are refused before the first is tokenized.
 * @throws SpeechTokensError as `tokenize`, with `batchIndex`
 */
export async function tokenizeOneByOne(
  tokenizer: Pick<SpeechTokenizerV1, 'audioFormat' | 'tokenize'>,
  clips: readonly AudioClip[],
  options: TokenizeOptions = {},
): Promise<readonly TokenGrid[]> {
  return batchOneByOne(clips, options, {
    stage: 'Tokenizing',
    check: (clip) => validateAudioClip(clip, tokenizer.audioFormat),
    sampleCountOf,
    call: (clip, callOptions) => tokenizer.tokenize(clip, callOptions),
  });
}
