import type { SeededRandom } from '../random/seeded-random.ts';
import type { TokenGrid } from '../tokens/token-grid.ts';
import type { TokenSpace } from '../tokens/token-space.ts';
import type { CallOptions } from './call-options.ts';

/**
 * How tokens that are still being made become sound, block by block. A frame is the shortest stretch that the token space
 * can be cut into (`alignmentSamples`): 2048 samples of SNAC at 24 kHz.
 * @experimental as `SpeechLanguageModelV0` is
 */
export interface DetokenizerWindow {
  /**
   * Frames of the first block, the second, and so on; all further blocks are as long as the last one named. The first
   * decides when sound begins, growth saves work: GLM-4-Voice [25, 50, 100, 150, 200], Spark [50, 400], Orpheus [1].
   */
  readonly blockFrames: readonly number[];
  /** Frames after a block that are waited for and decoded with it, and then left away. 0 by default; Orpheus 2. */
  readonly lookaheadFrames?: number;
  /** Frames before a block that are decoded with it; Infinity for all (GLM-4-Voice). 0 by default; Orpheus 1. */
  readonly leftContextFrames?: number;
  /**
   * Samples, at the rate of the sound, over which a block fades into the next, both having been decoded there. At most
   * the look-ahead, of which it leaves less to itself, and at most a block. 0 by default.
   */
  readonly overlapSamples?: number;
}

/** How the next ids are chosen, in place of a model's own values. The meanings are those of huggingface/transformers. */
export interface SamplingSettings {
  /** At least 0; 0 takes the most probable id. */
  readonly temperature?: number;
  /** At least 1. */
  readonly topK?: number;
  /** In (0, 1]. */
  readonly topP?: number;
  /** In [0, 1]. */
  readonly minP?: number;
}

/** The codec whose codes a model reads and writes. */
export interface ModelCodec {
  /** Id of its tokenizer and detokenizer: `rvq:mimi`. */
  readonly id: string;
  /** Codebooks that the model has, from the first on. */
  readonly codebookCount: number;
  /** How its detokenizer streams what the model says; its own stream where absent. */
  readonly window?: DetokenizerWindow;
}

/** What every request has. */
export interface ModelRequest extends Pick<CallOptions, 'signal'> {
  /** The space of the codec as it is loaded: that of all grids, in and out. */
  readonly codecSpace: TokenSpace;
  /** Equal seeds give equal ids. */
  readonly random: SeededRandom;
  /** The model's own values where absent. */
  readonly sampling?: SamplingSettings;
}

/** What a model is asked to say. */
export interface SpeechRequest extends ModelRequest {
  /** What is to be said. */
  readonly text?: string;
  /** Speech that the model goes on from: in its voice, after what it says. */
  readonly prompt?: {
    /** With the codebooks of `ModelCodec.codebookCount`, or more. */
    readonly grid: TokenGrid;
    /** What is said in it; some models need it. */
    readonly text?: string;
    /** The same recording by the tokenizer `SpeechGeneration.units`, where the model has one: then it needs them. */
    readonly units?: TokenGrid;
  };
  /** Whose voice, of those that `SpeechGeneration.voices` names. */
  readonly voice?: string;
  /** The most frames of the codec; until the model ends or its context is full, where absent. */
  readonly maxFrames?: number;
}

/** What a model says: pieces of speech that follow each other, and text as it comes beside them. */
export type SpeechPart =
  | { readonly kind: 'grid'; readonly grid: TokenGrid }
  | { readonly kind: 'text'; readonly text: string }
  /** Ids of speech that make no whole frame, as they were: the model left its own order. They take no time. */
  | { readonly kind: 'broken'; readonly ids: Uint32Array };

/** Whether a request must, may or cannot have something. */
export type Takes = 'needed' | 'optional' | 'refused';

/**
 * What a model says on request, with the prompt, the layout and the choices of its authors.
 * @experimental as `SpeechLanguageModelV0` is
 */
export interface SpeechGeneration {
  readonly codec: ModelCodec;
  readonly takes: { readonly text: Takes; readonly prompt: Takes };
  /**
   * Tokenizer of the semantic units that the model reads beside the codes of a prompt, and says before each of its own.
   * Absent where it reads codes alone. Source: Borsos et al., AudioLM, 2022, section III.
   */
  readonly units?: { readonly id: string };
  /** Names of voices, the default first; absent where it has none. */
  readonly voices?: readonly string[];
  /**
   * Steps are made as parts are asked for; ending the iteration ends the model's session.
   * @throws SpeechTokensError `argument-invalid` for a request that does not fit, `token-grid-invalid` for such a prompt;
   * the reason of the signal
   */
  generate(request: SpeechRequest): AsyncGenerator<SpeechPart, void, undefined>;
}

/** A conversation in which both may speak at any time. */
export interface DuplexSession {
  /**
   * One step of the model's clock: it hears, and speaks or is silent, which is sound too.
   * @param heard the codes of this step's sound, one frame of the codec
   * @returns what it says in this step: none while its delays have not passed
   * @throws what `LanguageModelSession.step` throws; a step that is aborted counts as not made
   */
  step(heard: TokenGrid, options?: Pick<CallOptions, 'signal'>): Promise<readonly SpeechPart[]>;
  close(): Promise<void>;
}

/**
 * A model that hears while it speaks.
 * @experimental as `SpeechLanguageModelV0` is
 */
export interface SpeechDuplex {
  readonly codec: ModelCodec;
  open(request: ModelRequest): Promise<DuplexSession>;
}
