import { resolve } from 'node:path';
import { createRandom, type SpeechDetokenizerV1 } from '@speech-tokens/core';
import type { GenerateCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';
import { openInput } from '../io/input-source.ts';
import { checkMayWrite, standardStream } from '../io/output-paths.ts';
import { findComponents } from '../plugins/find-components.ts';
import { generationOf } from './capabilities.ts';
import { type GeneratedOutputs, generateSound } from './generate-sound.ts';
import { checkSoundOutput, frameSamplesOf, loadCodecSound, loadModel, progressOf, samplingOf } from './model-run.ts';
import { promptOf } from './prompt-recording.ts';
import { showGenerated } from './show-generated.ts';

export async function generateSpeech(context: CliContext, options: GenerateCommandOptions): Promise<ExitCode> {
  const outputs = await outputsOf(context, options);
  const progress = progressOf(context, options.quiet);
  const opened: { close(): Promise<void> }[] = [];
  try {
    const input = options.prompt === undefined ? undefined : await openInput(context, options.prompt);
    if (input !== undefined) opened.push(input);
    const registry = await findComponents(context, options.plugins);
    const model = await loadModel(context, registry, progress, options);
    opened.push(model.part);
    const generation = generationOf(model, options);
    progress.stage('Loading the codec …');
    const detokenizer = await loadCodecSound(context, registry, generation.codec, options);
    opened.push(detokenizer);
    const prompt = input && (await promptOf(context, registry, { generation, detokenizer, input }, options));
    progress.stage('Reading what is asked …');
    const { text, voice, maxSeconds } = options;
    const parts = generation.generate({
      codecSpace: detokenizer.tokenSpace,
      random: createRandom(options.seed),
      ...samplingOf(options),
      ...(text === undefined ? {} : { text }),
      ...(prompt === undefined ? {} : { prompt }),
      ...(voice === undefined ? {} : { voice }),
      ...(maxSeconds === undefined ? {} : { maxFrames: framesOf(maxSeconds, detokenizer) }),
      signal: context.signal,
    });
    const speech = { parts, codec: generation.codec, detokenizer, progress };
    const generated = await generateSound(context, speech, outputs, options);
    progress.close();
    await showGenerated(context, options, generated);
  } finally {
    progress.close();
    for (const part of opened.reverse()) await part.close();
  }
  return exitCodes.ok;
}

async function outputsOf(context: CliContext, options: GenerateCommandOptions): Promise<GeneratedOutputs> {
  const { out, tokensOut, json, force, prompt } = options;
  const sound = out === standardStream ? out : resolve(context.cwd, out);
  const tokens = tokensOut === undefined ? undefined : resolve(context.cwd, tokensOut);
  checkSoundOutput(context, sound, json);
  if (tokensOut === standardStream) throw new UsageError('--tokens-out takes a path: standard output is for sound');
  if (tokens === sound) throw new UsageError('--out and --tokens-out name the same file');
  if (prompt !== undefined && [sound, tokens].includes(resolve(context.cwd, prompt))) {
    throw new UsageError(`${prompt} is an input and would be overwritten: choose another --out`);
  }
  await checkMayWrite(sound, force === true);
  if (tokens !== undefined) await checkMayWrite(tokens, force === true, '--tokens-out');
  return { sound, tokens };
}

function framesOf(wantedSeconds: number, { tokenSpace }: SpeechDetokenizerV1): number {
  return Math.ceil((wantedSeconds * tokenSpace.sampleRateHz) / frameSamplesOf(tokenSpace));
}
