import type { PeakPyramid, Sound, Spectrogram, TokenLane } from '@speech-tokens/token-view';
import type { DocumentFacts, TokensFormat, TokensFound } from '../document/index.ts';
import type { Texts } from '../texts/index.ts';

/** Where the bytes of a document are: on this machine's disk, or (from a virtual workspace) here. */
export type DocumentSource = (
  | { readonly path: string }
  | { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }
) /** Samples in each channel, where they have been counted already: some formats do not tell. */ & {
  readonly sampleCount?: number;
};

/** What the process works with from its start to its end. */
export interface InferenceSettings {
  /** Threads of one model; the plugin's default where absent. */
  readonly threadCount?: number;
  /** Folders of the workspace whose dependencies may be plugins. Empty where the workspace is not trusted. */
  readonly pluginDirectories: readonly string[];
  /** Folders of plugin packages that were named one by one. Empty where the workspace is not trusted. */
  readonly pluginPackages?: readonly string[];
  /** Plugins beside the bundled ones whose code may run, as `name@version`. */
  readonly allowedPlugins: readonly string[];
  /** Where samples of formats without ranges are put while a document is open; the system's place where absent. */
  readonly temporaryDirectory?: string;
  /** By the id of a tokenizer or detokenizer, a folder whose files stand in for its own. */
  readonly checkpoints?: { readonly [id: string]: string };
  /** In the language of the user. */
  readonly texts?: Texts;
}

/** The model of a tokenizer, and of what decodes its tokens. */
export interface ModelFacts {
  /**
   * `bundled`; `here`: fetched before; `to-fetch`: not on this machine; `own-folder`: of a folder in the settings;
   * `needs-folder`: there is none yet for what runs only with one.
   */
  readonly state: 'bundled' | 'here' | 'to-fetch' | 'own-folder' | 'needs-folder';
  /** Of its files; absent where it is not known before the hub is asked. */
  readonly sizeBytes?: number;
  readonly licences: readonly string[];
  /** Where it comes from, for people; the folder of the settings where there is one. */
  readonly source: string;
}

/** A tokenizer that can be chosen. */
export interface TokenizerChoice {
  readonly id: string;
  readonly title: string;
  readonly packageName: string;
  readonly version: string;
  readonly isBundled: boolean;
  /** Absent where only its code could tell, which has not run. */
  readonly model?: ModelFacts;
}

/** What a listing gives. */
export interface TokenizerList {
  readonly tokenizers: readonly TokenizerChoice[];
  /** What is wrong with packages that cannot be used, for people. */
  readonly problems: readonly string[];
}

/** What would be downloaded, before anything is. */
export interface FetchOffer {
  readonly tokenizer: string;
  readonly files: readonly {
    readonly name: string;
    readonly url: string;
    readonly licence: string;
    /** Absent where the server does not say. */
    readonly sizeBytes?: number;
  }[];
}

export interface Fetched {
  readonly stage: string;
  readonly doneBytes: number;
  /** Absent where the end is not known. */
  readonly totalBytes?: number;
}

export interface Done {
  readonly stage: string;
  readonly doneSeconds: number;
  /** Absent where the end is not known. */
  readonly totalSeconds?: number;
}

/** The finest blocks of a waveform, `[blocks, 2]`, that follow those told before. */
export interface PeaksPart {
  readonly baseSamples: number;
  readonly blocks: Int16Array;
  /** Up to their end. */
  readonly sampleCount: number;
}

export interface Pictures {
  /** Absent of a long recording: they have come in parts, since a large message stops a page for too long. */
  readonly peaks?: PeakPyramid;
  readonly spectrogram: Spectrogram;
  /** What was noticed while reading, for people. */
  readonly warnings: readonly string[];
}

/** Some of the tokens: those that came while a tokenizer runs, or a part of many, since a large message stops a page. */
export interface TokensPart {
  /** As in `TokensFound`. */
  readonly about: string;
  /** What follows those told before, at the document's rate. */
  readonly lanes: readonly TokenLane[];
}

/** Sound that is read by ranges. */
export interface SoundFormat {
  readonly title: string;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleCount: number;
}

/** A stretch of samples within a sound; the end is exclusive. */
export interface SampleRange {
  readonly startSample: number;
  readonly endSample: number;
}

export interface Decoded {
  readonly sound: Sound;
  /** How far it is from the recording; empty where there is none. */
  readonly figures: readonly (readonly [name: string, value: string])[];
  /** Where it was asked for, and there is a recording. */
  readonly difference?: Difference;
}

/** The recording minus what was decoded, at the recording's rate. */
export interface Difference {
  readonly sound: Sound;
  readonly peaks: PeakPyramid;
  /** Its power over that of the recording. −∞ where they are equal. */
  readonly levelDb: number;
}

/** Tokens of a tokenizer, or (`null`) those of the file itself. */
export type TokenizerId = string | null;

/** What the inference process answers. `document` is an id that the asker chose. */
export type InferenceMethods = {
  readonly configure: { readonly params: InferenceSettings; readonly progress: never; readonly result: null };
  readonly tokenizers: {
    readonly params: null;
    readonly progress: never;
    readonly result: TokenizerList;
  };
  /** Brings a tokenizer's model to this machine, after `mayFetch` has agreed; `false` where it has not. */
  readonly fetchModel: {
    readonly params: { readonly tokenizer: string };
    readonly progress: Fetched;
    readonly result: boolean;
  };
  /** Takes a model from this machine again, but for files that others that are here need too; gives its bytes. */
  readonly removeModel: {
    readonly params: { readonly tokenizer: string };
    readonly progress: never;
    readonly result: number;
  };
  readonly open: {
    readonly params: { readonly document: string; readonly source: DocumentSource };
    readonly progress: Done;
    readonly result: DocumentFacts;
  };
  readonly close: { readonly params: { readonly document: string }; readonly progress: never; readonly result: null };
  readonly pictures: {
    readonly params: { readonly document: string };
    readonly progress: Done & { readonly peaks?: PeaksPart };
    readonly result: Pictures;
  };
  readonly sound: {
    readonly params: { readonly document: string };
    readonly progress: Done;
    readonly result: Sound;
  };
  /** Samples of the recording, channel by channel. */
  readonly samples: {
    readonly params: { readonly document: string } & SampleRange;
    readonly progress: never;
    readonly result: readonly Float32Array[];
  };
  /** The spectrogram of a part of the recording, whose ends are multiples of the hop. */
  readonly spectrogram: {
    readonly params: { readonly document: string; readonly hopSamples: number } & SampleRange;
    readonly progress: never;
    readonly result: Spectrogram;
  };
  readonly tokenize: {
    readonly params: { readonly document: string; readonly tokenizer: TokenizerId };
    readonly progress: Done & { readonly part?: TokensPart };
    readonly result: TokensFound;
  };
  /** What a run that was cancelled has made; `null` where that is nothing. It can be decoded and exported. */
  readonly partialTokens: {
    readonly params: { readonly document: string; readonly tokenizer: TokenizerId };
    readonly progress: Done & { readonly part?: TokensPart };
    readonly result: TokensFound | null;
  };
  readonly decode: {
    readonly params: {
      readonly document: string;
      readonly tokenizer: TokenizerId;
      readonly codebookCount: number;
      readonly withDifference?: boolean;
    };
    readonly progress: Done;
    readonly result: Decoded;
  };
  /** What a sound is that `decodeRange` decodes. */
  readonly decodedFormat: {
    readonly params: { readonly document: string; readonly tokenizer: TokenizerId };
    readonly progress: Done;
    readonly result: SoundFormat;
  };
  /** Samples that the first codebooks decode to, channel by channel. */
  readonly decodeRange: {
    readonly params: {
      readonly document: string;
      readonly tokenizer: TokenizerId;
      readonly codebookCount: number;
    } & SampleRange;
    readonly progress: never;
    readonly result: readonly Float32Array[];
  };
  readonly exportTokens: {
    readonly params: {
      readonly document: string;
      readonly tokenizer: TokenizerId;
      readonly format: TokensFormat;
      /** At the document's rate; moved outward to whole frames. */
      readonly startSample: number;
      readonly endSample: number;
    };
    readonly progress: never;
    readonly result: Uint8Array<ArrayBuffer>;
  };
};

/** What the inference process asks whoever has started it. */
export type AskerMethods = {
  /** Whether these files may be downloaded; asked each time. */
  readonly mayFetch: { readonly params: FetchOffer; readonly progress: never; readonly result: boolean };
};
