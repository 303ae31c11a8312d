import {
  type ModelCodec,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type SpeechPart,
  sampleCountOf,
  type TokenGrid,
} from '@speech-tokens/core';
import { createSessionMetrics, streamAudio, streamingOf } from '@speech-tokens/slm-runtime';
import type { GenerateCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { detokenizeGrids } from '../detokenize/detokenize-grids.ts';
import { ensureFolder } from '../io/ensure-folder.ts';
import { formatOf } from '../io/output-format.ts';
import { writeTokens } from '../io/token-output.ts';
import type { ProgressLine } from '../terminal/progress.ts';
import { printable } from '../terminal/text-width.ts';
import type { Generated } from './show-generated.ts';
import { openSoundOutput, reportStopped } from './sound-output.ts';
import { createWrittenText } from './written-text.ts';

export interface GeneratedOutputs {
  /** Absolute, or `-`. */
  readonly sound: string;
  readonly tokens: string | undefined;
}

export interface GeneratedSpeech {
  readonly parts: AsyncIterable<SpeechPart>;
  readonly codec: ModelCodec;
  readonly detokenizer: SpeechDetokenizerV1;
  readonly progress: ProgressLine;
}

/** Makes the sound of what a model says as it says it, writes it, and its tokens after it. */
export async function generateSound(
  context: CliContext,
  { parts, codec, detokenizer, progress }: GeneratedSpeech,
  outputs: GeneratedOutputs,
  options: GenerateCommandOptions,
): Promise<Generated> {
  const { signal } = context;
  const { tokenSpace, audioFormat } = detokenizer;
  const { sampleRateHz, channelCount } = audioFormat;
  const grids: TokenGrid[] = [];
  const events: { readonly seconds: number; readonly text: string }[] = [];
  const text = createWrittenText((line) => {
    if (options.quiet !== true) progress.aside(() => context.report(printable(line)));
  });
  let spokenSamples = 0;
  let brokenIdCount = 0;
  const spoken = async function* (): AsyncGenerator<TokenGrid> {
    for await (const part of parts) {
      if (part.kind === 'text') {
        text.add(part.text);
        events.push({ seconds: spokenSamples / tokenSpace.sampleRateHz, text: part.text });
        continue;
      }
      if (part.kind === 'broken') {
        brokenIdCount += part.ids.length;
        continue;
      }
      spokenSamples += part.grid.sampleCount;
      if (outputs.tokens !== undefined) grids.push(part.grid);
      yield part.grid;
    }
  };

  const metrics = createSessionMetrics(() => performance.now());
  const startMs = performance.now();
  metrics.request();
  const sound = await openSoundOutput(context, outputs.sound, audioFormat, options);
  const task = progress.start(options.model);
  let sampleCount = 0;
  try {
    for await (const chunk of soundOf(detokenizer, codec, spoken(), options.stream === true, signal)) {
      await sound.write(chunk);
      sampleCount += sampleCountOf(chunk);
      if (sampleCountOf(chunk) > 0) metrics.audio(sampleCountOf(chunk), sampleRateHz);
      task.update(sampleCount / sampleRateHz, options.maxSeconds);
    }
    signal.throwIfAborted();
  } catch (error) {
    const isKept = await sound.abandon();
    progress.aside(() => reportStopped(context, outputs.sound, sampleCount / sampleRateHz, isKept));
    throw error;
  } finally {
    task.finish();
  }
  text.flush();
  const { clippedCount, warnings } = await sound.finish();
  const elapsedSeconds = (performance.now() - startMs) / 1000;
  if (outputs.tokens !== undefined) {
    await ensureFolder(outputs.tokens);
    const codebookCount = grids[0]?.tracks.length ?? codec.codebookCount;
    const source = { name: options.model };
    const format = formatOf({ out: outputs.tokens });
    await writeTokens(context, outputs.tokens, format, each(grids), { tokenSpace, codebookCount, source });
  }
  const { timeToFirstAudioMs } = metrics.report();
  return {
    model: options.model,
    codec: codec.id,
    tokenSpace: tokenSpace.id,
    output: outputs.sound,
    ...(outputs.tokens === undefined ? {} : { tokensOutput: outputs.tokens }),
    seed: options.seed,
    sampleFormat: sound.sampleFormat,
    sampleRateHz,
    channelCount,
    sampleCount,
    durationSeconds: sampleCount / sampleRateHz,
    clippedCount,
    text: text.whole(),
    events,
    elapsedSeconds,
    timesRealTime: sampleCount / sampleRateHz / elapsedSeconds,
    ...(timeToFirstAudioMs === undefined ? {} : { firstSoundSeconds: timeToFirstAudioMs / 1000 }),
    warnings: [
      ...warnings.map(({ message }) => message),
      ...(brokenIdCount === 0
        ? []
        : [`${brokenIdCount} ids that the model wrote make no whole frame, and have no sound`]),
    ],
  };
}

/** By the window that the model names, else by the detokenizer's own stream, else all at once at the end. */
function soundOf(
  detokenizer: SpeechDetokenizerV1,
  { window }: ModelCodec,
  grids: AsyncIterable<TokenGrid>,
  mustStream: boolean,
  signal: AbortSignal,
): AsyncGenerator<PcmChunk> {
  if (window !== undefined || detokenizer.streaming !== undefined || mustStream) {
    return streamAudio(streamingOf(detokenizer, window), grids, { signal });
  }
  return detokenizeGrids(detokenizer, grids, { codebookCount: undefined, signal });
}

async function* each<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
