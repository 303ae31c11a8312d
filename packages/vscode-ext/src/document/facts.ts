import type { CodeUse, TokenLane } from '@speech-tokens/token-view';

/** What is known of a document when it is open. */
export interface DocumentFacts {
  readonly kind: 'recording' | 'tokens';
  /** Of the time axis: the recording's rate, or that of the tokens' space. */
  readonly sampleRateHz: number;
  readonly sampleCount: number;
  /** A few words each, for people: duration, rate, channels, format. */
  readonly facts: readonly string[];
  /** Of the recording; 0 for tokens. */
  readonly channelCount: number;
  /** Bytes of its sound as 32-bit samples; of tokens, those of one channel. */
  readonly soundBytes: number;
}

/** Tokens of a document by one tokenizer. */
export interface TokensFound {
  readonly title: string;
  /** For example `8 × 1024 at 50 frames/s · 4.00 kbps`. */
  readonly about: string;
  /** Where these are only the first tokens, as their run was cancelled: where they end, at the document's rate. */
  readonly endSample?: number;
  /** Of all codebooks together, by their clocks where they have one; absent where there is no audio. */
  readonly tokenRateHz?: number;
  readonly bitrateBps?: number;
  /** At the document's rate. Empty where there are many tokens: these have come in parts. */
  readonly lanes: readonly TokenLane[];
  /** Of the codebooks that can be decoded. */
  readonly codebookCount: number;
  /** Whether any first codebooks decode. */
  readonly prefixDecodable: boolean;
  /** Absent where they can be decoded; otherwise why not, for people. */
  readonly notDecodable?: string;
  readonly statistics: StatisticsTable;
  /** By codebook. */
  readonly codeUses: readonly CodeUse[];
}

/** A table for people, by codebook. */
export interface StatisticsTable {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Formats in which tokens of a selection are saved. */
export const tokensFormats = ['json', 'csv', 'npy', 'safetensors'] as const;
export type TokensFormat = (typeof tokensFormats)[number];

/** Longest sound that a page holds, as 32-bit samples: 35 minutes of 16 kHz mono. Longer ones are read by ranges as they play. */
export const mostSoundBytes: number = 128 * 2 ** 20;

/** Whether a document's sound is read by ranges, as it is too long to be held in a page. */
export function isLong({ soundBytes }: Pick<DocumentFacts, 'soundBytes'>): boolean {
  return soundBytes > mostSoundBytes;
}
