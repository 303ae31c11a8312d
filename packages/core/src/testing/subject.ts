import type { AudioClip } from '../audio/audio-clip.ts';
import type { ModelStore } from '../contract/model-file.ts';
import type { SpeechDetokenizerV1 } from '../contract/speech-detokenizer.ts';
import type { SpeechLanguageModelV0 } from '../contract/speech-language-model.ts';
import type { PluginManifest, SpeechPluginV1 } from '../contract/speech-plugin.ts';
import type { SpeechTokenizerV1 } from '../contract/speech-tokenizer.ts';
import type { MakeGrid } from './detokenizer-side.ts';
import type { MakeRows } from './language-model-side.ts';

/** A tokenizer to check. */
export interface TokenizerSubject {
  readonly kind: 'tokenizer';
  /** Gives a new instance each time; the kit closes each. */
  load(): Promise<SpeechTokenizerV1>;
  /** Recordings to check beside the sounds that the kit makes, in the tokenizer's own format. */
  readonly clips?: readonly AudioClip[];
}

/** A detokenizer to check. */
export interface DetokenizerSubject {
  readonly kind: 'detokenizer';
  load(): Promise<SpeechDetokenizerV1>;
  /**
   * Makes valid grids; needed where they carry more than ids (side tracks). Repeatable: equal arguments give equal
   * grids, other labels other ones. Where absent, ids are drawn at random.
   */
  readonly makeGrid?: MakeGrid;
}

/** A tokenizer and the detokenizer of its tokens: everything that is checked of either, and how they go together. */
export interface PairSubject {
  readonly kind: 'pair';
  loadTokenizer(): Promise<SpeechTokenizerV1>;
  loadDetokenizer(): Promise<SpeechDetokenizerV1>;
  readonly clips?: readonly AudioClip[];
}

/** A speech language model to check: what it reads, chooses and takes back. What it makes of a request is its own. */
export interface LanguageModelSubject {
  readonly kind: 'language-model';
  load(): Promise<SpeechLanguageModelV0>;
  /** Needed where not every row of ids can be read. Where absent, ids are drawn at random. */
  readonly makeRows?: MakeRows;
}

/** A whole plugin: each component, and each tokenizer with the detokenizers of its token space. */
export interface PluginSubject {
  readonly kind: 'plugin';
  readonly plugin: SpeechPluginV1;
  readonly models: ModelStore;
  /**
   * The folder whose files `models` puts in the place of the components' own, if any: tokens then differ from what the
   * components list, and are not compared with it.
   */
  readonly checkpointDirectory?: string;
  /** The `speechTokens` field of the plugin's package.json, to compare with what the plugin provides. */
  readonly manifest?: PluginManifest;
  readonly threadCount?: number;
}

export type ConformanceSubject =
  | TokenizerSubject
  | DetokenizerSubject
  | PairSubject
  | LanguageModelSubject
  | PluginSubject;

/** A plugin as a subject, with what its components are loaded with. */
export function conformanceOfPlugin(
  plugin: SpeechPluginV1,
  options: Omit<PluginSubject, 'kind' | 'plugin'>,
): PluginSubject {
  return { kind: 'plugin', plugin, ...options };
}
