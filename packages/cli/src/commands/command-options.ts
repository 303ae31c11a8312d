import type { TokenFormat } from '../io/token-output.ts';
import type { AnyModelOptions, CommonOptions, JobOptions, OutputOptions, PluginOptions } from './shared-options.ts';

// What the commands are given, as commander parses it: all optional ones are absent unless they were written.

export type CheckCommandOptions = CommonOptions & AnyModelOptions;

export interface CompareCommandOptions extends CommonOptions, AnyModelOptions {
  readonly tokenizer?: readonly string[];
  readonly codebooks?: readonly number[];
}

export interface DetokenizeCommandOptions extends CommonOptions, AnyModelOptions, JobOptions, OutputOptions {
  readonly tokenizer?: string;
  readonly codebooks?: number;
  readonly float?: boolean;
  readonly speaker?: string;
  readonly language?: string;
  readonly bpe?: string;
  readonly firstCharacter?: number;
}

/** Which language model runs, with which codec, and how it chooses. */
export interface LanguageModelCommandOptions extends CommonOptions, AnyModelOptions, OutputOptions {
  readonly model: string;
  /** Folder whose files stand in for those of the model's codec. */
  readonly codecCheckpoint?: string;
  readonly weightBits?: 4 | 8;
  readonly seed: string;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly stream?: boolean;
  readonly float?: boolean;
}

export interface GenerateCommandOptions extends LanguageModelCommandOptions {
  readonly out: string;
  readonly text?: string;
  readonly prompt?: string;
  readonly promptText?: string;
  readonly voice?: string;
  readonly maxSeconds?: number;
  readonly tokensOut?: string;
}

export interface ConverseCommandOptions extends LanguageModelCommandOptions {
  readonly log?: string;
  readonly realtime?: boolean;
  /** Seconds. */
  readonly tail: number;
}

export type DoctorCommandOptions = CommonOptions & PluginOptions;

export interface FitKmeansCommandOptions extends CommonOptions {
  readonly encoder: string;
  readonly layer: number;
  readonly clusters: number;
  readonly out: string;
  readonly maxFrames?: number;
  readonly seed: string;
  readonly restarts: number;
  readonly iterations: number;
  readonly tolerance: number;
  readonly batch?: number;
  readonly threads?: number;
  /** Minutes. */
  readonly keepEvery: number;
  readonly fresh?: boolean;
  readonly force?: boolean;
}

export interface InspectCommandOptions extends CommonOptions, AnyModelOptions {
  readonly tokenizer?: readonly string[];
  readonly codebooks?: number;
  readonly start?: number;
  readonly end?: number;
  readonly report?: string;
  readonly force?: boolean;
}

export interface ModelsCommandOptions extends CommonOptions, PluginOptions {
  readonly yes?: boolean;
  readonly offline?: boolean;
}

export interface TokenizeCommandOptions extends CommonOptions, AnyModelOptions, JobOptions, OutputOptions {
  readonly tokenizer?: string;
  readonly codebooks?: number;
  readonly format?: TokenFormat;
}

/** How tokens become the units that byte pairs are made of. */
export interface StepOptions {
  readonly codebooks?: number;
  readonly flatten?: boolean;
  readonly idOffsets: 'codebook' | 'slot' | 'none';
  readonly mergeRepeats?: boolean;
}

export interface TransformCommandOptions extends CommonOptions, JobOptions, OutputOptions, StepOptions {
  readonly bpe?: string;
  readonly firstCharacter?: number;
  readonly undo?: boolean;
  readonly format?: TokenFormat;
}

export interface FitBpeCommandOptions extends CommonOptions, StepOptions {
  readonly vocabulary: number;
  readonly out: string;
  readonly minFrequency: number;
  readonly maxUnits?: number;
  readonly firstCharacter?: number;
  readonly force?: boolean;
}

export type TokenizersCommandOptions = CommonOptions & PluginOptions;
