import {
  alignmentSamples,
  type ModelCodec,
  type SamplingSettings,
  type SpeechDetokenizerV1,
  type SpeechLanguageModelV0,
  type SpeechTokenizerV1,
  SpeechTokensError,
  type TokenSpace,
} from '@speech-tokens/core';
import type { ComponentRegistry } from '@speech-tokens/core/node';
import type { LanguageModelCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { standardStream } from '../io/output-paths.ts';
import {
  type Loaded,
  loadDetokenizer,
  loadLanguageModel,
  loadTokenizer,
  type ModelOptions,
} from '../plugins/load-component.ts';
import { createProgressLine, type ProgressLine } from '../terminal/progress.ts';

/** The line of progress of a command that works on one thing. */
export function progressOf(context: CliContext, quiet: boolean | undefined): ProgressLine {
  const { capabilities, painter } = context.err;
  const shown = quiet === true ? { ...capabilities, isTerminal: false } : capabilities;
  return createProgressLine((text) => context.stderr.write(text), shown, painter, 1);
}

/** @throws UsageError where sound would go to a terminal, or share standard output with a document */
export function checkSoundOutput(context: CliContext, output: string, json: boolean | undefined): void {
  if (output !== standardStream) return;
  if (json === true) {
    throw new UsageError('--json and the result cannot share standard output: give --out PATH');
  }
  if (context.out.capabilities.isTerminal) {
    throw new UsageError('Sound is not text: give --out PATH, or pipe it into another program');
  }
}

export async function loadModel(
  context: CliContext,
  registry: ComponentRegistry,
  progress: ProgressLine,
  options: LanguageModelCommandOptions,
): Promise<Loaded<SpeechLanguageModelV0>> {
  progress.stage('Loading the model …');
  const loaded = await loadLanguageModel(context, registry, options.model, options, ({ stage, done, total }) =>
    progress.detail(total === undefined || total === 0 ? stage : `${stage}: ${Math.floor((100 * done) / total)} %`),
  );
  progress.stage('');
  return loaded;
}

/** How ids are chosen, where the command line says so. */
export function samplingOf({ temperature, topK, topP }: LanguageModelCommandOptions): {
  readonly sampling?: SamplingSettings;
} {
  const sampling = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
  };
  return Object.keys(sampling).length === 0 ? {} : { sampling };
}

/** Samples of the shortest stretch of a codec's tokens. @throws SpeechTokensError `argument-invalid` where it has no clock */
export function frameSamplesOf(tokenSpace: TokenSpace): number {
  const samples = alignmentSamples(tokenSpace);
  if (samples !== undefined) return samples;
  throw new SpeechTokensError('argument-invalid', {
    problem: `How long tokens of ${tokenSpace.id} last is not known`,
    found: 'codebooks without a clock',
    wanted: 'a codec with frames',
    remedy: 'Use a model of another codec',
    details: { argument: 'model' },
  });
}

/** The side of the model's codec that makes sound. */
export async function loadCodecSound(
  context: CliContext,
  registry: ComponentRegistry,
  codec: ModelCodec,
  options: LanguageModelCommandOptions,
): Promise<SpeechDetokenizerV1> {
  return (await loadDetokenizer(context, registry, codec.id, codecOptions(options))).part;
}

/**
 * The side that hears.
 * @throws SpeechTokensError `token-space-mismatch` where it is of other weights than the side that makes sound
 */
export async function loadCodecEar(
  context: CliContext,
  registry: ComponentRegistry,
  codec: ModelCodec,
  { tokenSpace }: SpeechDetokenizerV1,
  options: LanguageModelCommandOptions,
): Promise<SpeechTokenizerV1> {
  const { part } = await loadTokenizer(context, registry, codec.id, codecOptions(options));
  if (part.tokenSpace.id === tokenSpace.id) return part;
  await part.close();
  throw new SpeechTokensError('token-space-mismatch', {
    problem: `Tokenizer and detokenizer of ${codec.id} do not fit together`,
    found: part.tokenSpace.id,
    wanted: tokenSpace.id,
    remedy: 'Give one folder of weights with --codec-checkpoint DIR',
    details: { foundId: part.tokenSpace.id, wantedId: tokenSpace.id },
  });
}

function codecOptions({ checkpoint: _, codecCheckpoint, ...options }: LanguageModelCommandOptions): ModelOptions {
  return { ...options, ...(codecCheckpoint === undefined ? {} : { checkpoint: codecCheckpoint }) };
}
