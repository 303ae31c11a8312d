import { type AudioFormat, sampleCountOf } from '../audio/audio-clip.ts';
import { validateAudioClip } from '../audio/validate-audio.ts';
import type { CallOptions } from '../contract/call-options.ts';
import type { SpeechTokenizerV1, TokenizeOptions } from '../contract/speech-tokenizer.ts';
import { checkCodebookCount } from '../streaming/stream-rules.ts';
import type { TokenTrack } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import { tokenizeOneByOne } from './tokenize-one-by-one.ts';

export interface WholeTokenizerParts {
  readonly tokenSpace: TokenSpace;
  /** At the rate of the token space. */
  readonly audioFormat: AudioFormat;
  /**
   * The tracks of a whole clip, which is checked; `codebookCount` of them, which is in range. The samples belong to the caller.
   */
  tracksOf(
    channels: readonly Float32Array[],
    codebookCount: number,
    options: CallOptions,
  ): Promise<readonly TokenTrack[]>;
  /** Frees what it runs on. Called once. */
  close(): Promise<void>;
}

/** A tokenizer that takes clips whole and does not stream. The clips of a batch go the same way, one after another. */
export function createWholeTokenizer(parts: WholeTokenizerParts): SpeechTokenizerV1 {
  const { tokenSpace, audioFormat } = parts;
  let released: Promise<void> | undefined;
  const tokenize: SpeechTokenizerV1['tokenize'] = async (clip, options: TokenizeOptions = {}) => {
    const { codebookCount, ...callOptions } = options;
    callOptions.signal?.throwIfAborted();
    const count = checkCodebookCount(codebookCount, tokenSpace.codebooks.length);
    validateAudioClip(clip, audioFormat);
    const tracks = await parts.tracksOf(clip.channels, count, callOptions);
    return { tokenSpace, startSample: 0, sampleCount: sampleCountOf(clip), tracks };
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    tokenize,
    async tokenizeBatch(clips, options = {}) {
      checkCodebookCount(options.codebookCount, tokenSpace.codebooks.length);
      return tokenizeOneByOne({ audioFormat, tokenize }, clips, options);
    },
    close() {
      released ??= parts.close();
      return released;
    },
  };
}
