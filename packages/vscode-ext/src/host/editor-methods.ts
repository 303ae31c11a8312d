import type { TokensFormat } from '../document/index.ts';
import type { Fetched, InferenceMethods, TokenizerChoice, TokenizerId } from '../inference/index.ts';
import type { Texts } from '../texts/index.ts';

/** Without the id of the document: a page has one. */
type OfOneDocument<Method extends { readonly params: object }> = Omit<Method, 'params'> & {
  readonly params: Omit<Method['params'], 'document' | 'source'>;
};

export interface Tokenizers {
  readonly tokenizers: readonly TokenizerChoice[];
  /** Whether those of the workspace are among them. */
  readonly isTrusted: boolean;
}

/** Tokens that an editor shows. */
export interface ShownTokens {
  readonly title: string;
  readonly tokenRateHz?: number;
  readonly bitrateBps?: number;
}

interface Stretch {
  /** At the document's rate. */
  readonly startSample: number;
  readonly endSample: number;
}

/** Where something was saved; `null` where the user did not want it after all. */
type Saved = string | null;

/** What the host answers a page. */
export type HostMethods = {
  readonly start: {
    readonly params: null;
    readonly progress: never;
    readonly result: Tokenizers & {
      readonly fileName: string;
      /** The tokenizers of a file that is opened for the first time. */
      readonly chosen: readonly string[];
      /** In the language of the user. */
      readonly texts: Texts;
    };
  };
  readonly open: OfOneDocument<InferenceMethods['open']>;
  readonly pictures: OfOneDocument<InferenceMethods['pictures']>;
  readonly sound: OfOneDocument<InferenceMethods['sound']>;
  readonly samples: OfOneDocument<InferenceMethods['samples']>;
  readonly spectrogram: OfOneDocument<InferenceMethods['spectrogram']>;
  readonly tokenize: OfOneDocument<InferenceMethods['tokenize']>;
  readonly partialTokens: OfOneDocument<InferenceMethods['partialTokens']>;
  readonly decode: OfOneDocument<InferenceMethods['decode']>;
  readonly decodedFormat: OfOneDocument<InferenceMethods['decodedFormat']>;
  readonly decodeRange: OfOneDocument<InferenceMethods['decodeRange']>;
  /** Downloads a tokenizer's model after a question; `false` where the user did not want it. */
  readonly fetchModel: {
    readonly params: { readonly tokenizer: string };
    readonly progress: Fetched;
    readonly result: boolean;
  };
  /** Says what the page shows, and whether something was played, when that changes. */
  readonly showing: {
    readonly params: { readonly tokens: readonly ShownTokens[]; readonly hasPlayed: boolean };
    readonly progress: never;
    readonly result: null;
  };
  readonly saveTokens: {
    readonly params: Stretch & {
      readonly tokenizer: TokenizerId;
      readonly format: TokensFormat;
      readonly sampleRateHz: number;
    };
    readonly progress: never;
    readonly result: Saved;
  };
  /** As text, to paste. */
  readonly copyTokens: {
    readonly params: Stretch & {
      readonly tokenizer: TokenizerId;
      readonly format: 'json' | 'csv';
    };
    readonly progress: never;
    readonly result: null;
  };
  readonly saveSound: {
    readonly params: {
      readonly startSeconds: number;
      readonly endSeconds: number;
      readonly sampleRateHz: number;
      readonly channels: readonly Float32Array[];
    };
    readonly progress: never;
    readonly result: Saved;
  };
};

/** What happened to the file of a document. */
export type FileChange = 'changed' | 'deleted';

/** What a page answers the host. */
export type PageMethods = {
  readonly fileChanged: { readonly params: FileChange; readonly progress: never; readonly result: null };
  readonly inferenceEnded: { readonly params: string; readonly progress: never; readonly result: null };
  readonly showStatistics: { readonly params: null; readonly progress: never; readonly result: null };
  readonly tokenizersChanged: { readonly params: Tokenizers; readonly progress: never; readonly result: null };
};
