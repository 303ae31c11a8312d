import type { WavSampleFormat } from '@speech-tokens/audio-files';
import type { LanguageModelCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { shortPath, standardStream } from '../io/output-paths.ts';
import { printJson } from '../io/print-json.ts';
import { printable } from '../terminal/text-width.ts';

/** What `--json` shows of any run of a language model. */
export interface ModelRun {
  readonly model: string;
  readonly codec: string;
  readonly tokenSpace: string;
  /** Absolute path, or `-`. */
  readonly output: string;
  readonly seed: string;
  readonly sampleFormat: WavSampleFormat;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  readonly sampleCount: number;
  readonly durationSeconds: number;
  /** Samples beyond full scale that became full scale. */
  readonly clippedCount: number;
  /** All text that the model wrote as it spoke. */
  readonly text: string;
  readonly elapsedSeconds: number;
  readonly warnings: readonly string[];
}

/** Shows warnings, and then all of a run as JSON, or a line about it and the files that it wrote. */
export async function showRun(
  context: CliContext,
  command: 'generate' | 'converse',
  { json, quiet }: Pick<LanguageModelCommandOptions, 'json' | 'quiet'>,
  run: ModelRun,
  { summary, besides }: { readonly summary: string; readonly besides: string | undefined },
): Promise<void> {
  const { painter } = context.err;
  for (const warning of run.warnings) context.report(`${painter.warn('warning:')} ${printable(warning)}`);
  if (json === true) {
    await printJson(context, command, run);
    return;
  }
  if (quiet !== true) context.report(summary);
  for (const path of [run.output, besides]) {
    if (path !== undefined && path !== standardStream) await context.print(shortPath(path, context.cwd));
  }
}
