import { resolve } from 'node:path';
import { createRandom, type SpeechDetokenizerV1, type SpeechDuplex, type SpeechTokenizerV1 } from '@speech-tokens/core';
import type { ConverseCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';
import { type AudioSource, openAudio } from '../io/audio-source.ts';
import { openInput } from '../io/input-source.ts';
import { checkMayWrite, planOutputs, standardStream, stemOf } from '../io/output-paths.ts';
import { findComponents } from '../plugins/find-components.ts';
import type { ProgressLine } from '../terminal/progress.ts';
import { printable } from '../terminal/text-width.ts';
import { createAnswerSound } from './answer-sound.ts';
import { duplexOf } from './capabilities.ts';
import { openConversationLog } from './conversation-log.ts';
import { runConversation } from './conversation-loop.ts';
import { checkSoundOutput, loadCodecEar, loadCodecSound, loadModel, progressOf, samplingOf } from './model-run.ts';
import { type Conversed, showConversed } from './show-conversed.ts';
import { openSoundOutput, reportStopped } from './sound-output.ts';
import { createWrittenText } from './written-text.ts';

export async function converseWithRecording(
  context: CliContext,
  file: string,
  options: ConverseCommandOptions,
): Promise<ExitCode> {
  const outputs = await outputsOf(context, file, options);
  const progress = progressOf(context, options.quiet);
  const opened: { close(): Promise<void> }[] = [];
  try {
    const input = await openInput(context, file);
    opened.push(input);
    const recording = await openAudio(context, input);
    const registry = await findComponents(context, options.plugins);
    const model = await loadModel(context, registry, progress, options);
    opened.push(model.part);
    const duplex = duplexOf(model);
    progress.stage('Loading the codec …');
    const detokenizer = await loadCodecSound(context, registry, duplex.codec, options);
    opened.push(detokenizer);
    const tokenizer = await loadCodecEar(context, registry, duplex.codec, detokenizer, options);
    opened.push(tokenizer);
    progress.stage('');
    const speakers = { duplex, tokenizer, detokenizer, recording, progress };
    const conversed = await converse(context, speakers, { input: file, ...outputs }, options);
    progress.close();
    await showConversed(context, options, conversed);
  } finally {
    progress.close();
    for (const part of opened.reverse()) await part.close();
  }
  return exitCodes.ok;
}

interface Outputs {
  /** Absolute, or `-`. */
  readonly output: string;
  readonly log: string | undefined;
}

async function outputsOf(context: CliContext, file: string, options: ConverseCommandOptions): Promise<Outputs> {
  const nameFor = (name: string): string => `${stemOf(name)}.answer.wav`;
  const [planned] = await planOutputs({ inputs: [{ input: file }], out: options.out, cwd: context.cwd, nameFor });
  const { output } = planned!;
  checkSoundOutput(context, output, options.json);
  if (options.log === standardStream) throw new UsageError('--log takes a path: standard output is for sound');
  const log = options.log === undefined ? undefined : resolve(context.cwd, options.log);
  if (log !== undefined && [output, resolve(context.cwd, file)].includes(log)) {
    throw new UsageError(`--log ${options.log} is the recording or its answer: choose another name`);
  }
  await checkMayWrite(output, options.force === true);
  if (log !== undefined) await checkMayWrite(log, options.force === true, '--log');
  return { output, log };
}

interface Speakers {
  readonly duplex: SpeechDuplex;
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
  readonly recording: AudioSource;
  readonly progress: ProgressLine;
}

async function converse(
  context: CliContext,
  { duplex, tokenizer, detokenizer, recording, progress }: Speakers,
  { input, output, log: logPath }: Outputs & { readonly input: string },
  options: ConverseCommandOptions,
): Promise<Conversed> {
  const { signal } = context;
  const { tokenSpace, audioFormat } = detokenizer;
  const random = createRandom(options.seed);
  const text = createWrittenText((line) => {
    if (options.quiet !== true) progress.aside(() => context.report(printable(line)));
  });
  const { tail: tailSeconds } = options;
  const totalSeconds = recording.durationSeconds === undefined ? undefined : recording.durationSeconds + tailSeconds;
  const answer = createAnswerSound(detokenizer, (clip) => sound.write(clip));
  const log = await openConversationLog(logPath);
  const sound = await openSoundOutput(context, output, audioFormat, options);
  const task = progress.start(input);
  const startMs = performance.now();
  try {
    const figures = await runConversation({
      duplex,
      tokenizer,
      detokenizer,
      random,
      ...samplingOf(options),
      file: recording.file,
      tailSeconds,
      answer,
      signal,
      isRealtime: options.realtime === true,
      onText: (piece) => text.add(piece),
      async onStep(event) {
        await log.add(event);
        task.update(answer.endSample / audioFormat.sampleRateHz, totalSeconds);
      },
    });
    signal.throwIfAborted();
    text.flush();
    const { sampleCount, clippedCount, warnings } = await sound.finish();
    const { sampleRateHz, channelCount } = audioFormat;
    const { metrics, behindSeconds, stepCount } = figures;
    return {
      input,
      output,
      ...(logPath === undefined ? {} : { log: logPath }),
      model: options.model,
      codec: duplex.codec.id,
      tokenSpace: tokenSpace.id,
      seed: options.seed,
      sampleFormat: sound.sampleFormat,
      sampleRateHz,
      channelCount,
      sampleCount,
      durationSeconds: sampleCount / sampleRateHz,
      clippedCount,
      text: text.whole(),
      stepCount,
      ...(metrics.medianStepMs === undefined ? {} : { medianStepSeconds: metrics.medianStepMs / 1000 }),
      ...(metrics.p99StepMs === undefined ? {} : { slowStepSeconds: metrics.p99StepMs / 1000 }),
      ...(behindSeconds === undefined ? {} : { behindSeconds }),
      elapsedSeconds: (performance.now() - startMs) / 1000,
      warnings: [...recording.file.warnings, ...warnings].map(({ message }) => message),
    };
  } catch (error) {
    const isKept = await sound.abandon();
    progress.aside(() => reportStopped(context, output, answer.endSample / audioFormat.sampleRateHz, isKept));
    throw error;
  } finally {
    task.finish();
    await log.close();
  }
}
