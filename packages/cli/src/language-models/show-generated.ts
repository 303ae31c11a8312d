import type { WavSampleFormat } from '@speech-tokens/audio-files';
import type { GenerateCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { shortPath, standardStream } from '../io/output-paths.ts';
import { printJson } from '../io/print-json.ts';
import { formatDuration, formatSpeed } from '../terminal/figures.ts';
import { printable } from '../terminal/text-width.ts';

/** What `--json` shows. */
export interface Generated {
  readonly model: string;
  readonly codec: string;
  readonly tokenSpace: string;
  /** Absolute path, or `-`. */
  readonly output: string;
  readonly tokensOutput?: string;
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
  /** The same in the pieces that it came in, and how much had been said before each. */
  readonly events: readonly { readonly seconds: number; readonly text: string }[];
  readonly elapsedSeconds: number;
  readonly timesRealTime: number;
  /** Absent where there was no sound. */
  readonly firstSoundSeconds?: number;
  readonly warnings: readonly string[];
}

export async function showGenerated(
  context: CliContext,
  { json, quiet }: GenerateCommandOptions,
  generated: Generated,
): Promise<void> {
  const { painter } = context.err;
  for (const warning of generated.warnings) context.report(`${painter.warn('warning:')} ${printable(warning)}`);
  if (json === true) {
    await printJson(context, 'generate', generated);
    return;
  }
  const { model, durationSeconds, timesRealTime, firstSoundSeconds, output, tokensOutput } = generated;
  if (quiet !== true) {
    const first =
      firstSoundSeconds === undefined ? 'no sound' : `first sound after ${formatDuration(firstSoundSeconds)}`;
    context.report(
      `${printable(model)}: ${formatDuration(durationSeconds)}, ${formatSpeed(timesRealTime)} real time, ${first}`,
    );
  }
  for (const path of [output, tokensOutput]) {
    if (path !== undefined && path !== standardStream) await context.print(shortPath(path, context.cwd));
  }
}
