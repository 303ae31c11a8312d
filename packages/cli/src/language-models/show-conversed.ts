import type { WavSampleFormat } from '@speech-tokens/audio-files';
import type { ConverseCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { shortPath, standardStream } from '../io/output-paths.ts';
import { printJson } from '../io/print-json.ts';
import { formatDuration, plural } from '../terminal/figures.ts';
import { printable } from '../terminal/text-width.ts';

/** What `--json` shows. */
export interface Conversed {
  readonly input: string;
  /** Absolute path, or `-`. */
  readonly output: string;
  readonly log?: string;
  readonly model: string;
  readonly codec: string;
  readonly tokenSpace: string;
  readonly seed: string;
  readonly sampleFormat: WavSampleFormat;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleCount: number;
  readonly durationSeconds: number;
  /** Samples beyond full scale that became full scale. */
  readonly clippedCount: number;
  readonly text: string;
  readonly stepCount: number;
  /** Half of the steps took less. */
  readonly medianStepSeconds?: number;
  /** 99 % of the steps took less. */
  readonly slowStepSeconds?: number;
  /** How long after its sound was there a step began: the most, and the last; in real time alone. */
  readonly behindSeconds?: { readonly most: number; readonly atEnd: number };
  readonly elapsedSeconds: number;
  readonly warnings: readonly string[];
}

export async function showConversed(
  context: CliContext,
  { json, quiet }: ConverseCommandOptions,
  conversed: Conversed,
): Promise<void> {
  const { painter } = context.err;
  for (const warning of conversed.warnings) context.report(`${painter.warn('warning:')} ${printable(warning)}`);
  if (json === true) {
    await printJson(context, 'converse', conversed);
    return;
  }
  if (quiet !== true) context.report(summaryOf(conversed));
  for (const path of [conversed.output, conversed.log]) {
    if (path !== undefined && path !== standardStream) await context.print(shortPath(path, context.cwd));
  }
}

function summaryOf(conversed: Conversed): string {
  const { input, durationSeconds, stepCount, medianStepSeconds, slowStepSeconds, behindSeconds } = conversed;
  const ms = (seconds: number): string => `${(1000 * seconds).toFixed(1)} ms`;
  const times =
    medianStepSeconds === undefined || slowStepSeconds === undefined
      ? ''
      : ` of ${ms(medianStepSeconds)} (99 % below ${ms(slowStepSeconds)})`;
  const behind =
    behindSeconds === undefined
      ? ''
      : `, behind by up to ${ms(behindSeconds.most)}, by ${ms(behindSeconds.atEnd)} at the end`;
  return `${printable(input)}: ${formatDuration(durationSeconds)}, ${plural(stepCount, 'step')}${times}${behind}`;
}
