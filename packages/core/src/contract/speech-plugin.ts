import type { TokenSpace } from '../tokens/token-space.ts';
import type { CallOptions } from './call-options.ts';
import type { ModelFile, ModelStore } from './model-file.ts';
import type { SpeechDetokenizerV1 } from './speech-detokenizer.ts';
import type { SpeechLanguageModelV0 } from './speech-language-model.ts';
import type { SpeechTokenizerV1 } from './speech-tokenizer.ts';

/** What a component is given to load itself with. */
export interface LoadContext extends CallOptions {
  /**
   * Where the component asks for its files. The host may put a folder in the place of a component's own files
   * (fine-tuned weights, tests): so what a checkpoint is follows from the files that come back, not from their names.
   */
  readonly models: ModelStore;
  /** Threads for inference; the plugin's default where absent. */
  readonly threadCount?: number;
}

interface ComponentBase {
  /** `family:name`, for example `rvq:speech-16khz`. A tokenizer and its detokenizer share it. */
  readonly id: string;
  /** A few words for people. */
  readonly title: string;
  /** The files of the default checkpoint. */
  readonly models: readonly ModelFile[];
}

export interface TokenizerComponent extends ComponentBase {
  readonly kind: 'tokenizer';
  /**
   * The space of the default checkpoint, known without loading it. Where the hashes of its files are not known before
   * they are there (the newest of a hub repository), its id is a name alone, and the loaded one's is that name, `#` and
   * a fingerprint of the files: `rvq:mimi` is listed, `rvq:mimi#3fa94c0b12de` loaded.
   */
  readonly tokenSpace: TokenSpace;
  /** Latency of its streaming side; absent where it does not stream. */
  readonly latencySamples?: number;
  load(context: LoadContext): Promise<SpeechTokenizerV1>;
}

export interface DetokenizerComponent extends ComponentBase {
  readonly kind: 'detokenizer';
  readonly tokenSpace: TokenSpace;
  readonly latencySamples?: number;
  load(context: LoadContext): Promise<SpeechDetokenizerV1>;
}

/** @experimental as `SpeechLanguageModelV0` is */
export interface LanguageModelLoadContext extends LoadContext {
  /** Quantizes the matrices as the model is loaded; as they are stored where absent. */
  readonly weightBits?: 4 | 8;
}

/** @experimental as `SpeechLanguageModelV0` is */
export interface LanguageModelComponent extends ComponentBase {
  readonly kind: 'language-model';
  load(context: LanguageModelLoadContext): Promise<SpeechLanguageModelV0>;
}

export type Component = TokenizerComponent | DetokenizerComponent | LanguageModelComponent;

/**
 * The default export of a plugin package. Importing it does nothing else: no registration, no model, no native code
 * before a component's `load`.
 */
export interface SpeechPluginV1 {
  readonly specificationVersion: 'v1';
  readonly components: readonly Component[];
}

/**
 * The `speechTokens` field of a plugin's package.json: read to list what a package provides before any of its code
 * runs.
 */
export interface PluginManifest {
  readonly specificationVersion: 'v1';
  /** The export of the package whose default export is the plugin; `.` where absent. */
  readonly entry?: string;
  readonly provides: readonly {
    readonly kind: Component['kind'];
    readonly id: string;
    readonly title: string;
  }[];
}
