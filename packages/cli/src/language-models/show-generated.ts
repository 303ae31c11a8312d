import type { GenerateCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { formatDuration, formatSpeed } from '../terminal/figures.ts';
import { printable } from '../terminal/text-width.ts';
import { type ModelRun, showRun } from './show-run.ts';

/** What `--json` shows. */
export interface Generated extends ModelRun {
  readonly tokensOutput?: string;
  /** Its text in the pieces that it came in, and how much had been said before each. */
  readonly events: readonly { readonly seconds: number; readonly text: string }[];
  readonly timesRealTime: number;
  /** Absent where there was no sound. */
  readonly firstSoundSeconds?: number;
}

export async function showGenerated(
  context: CliContext,
  options: GenerateCommandOptions,
  generated: Generated,
): Promise<void> {
  const { model, durationSeconds, timesRealTime, firstSoundSeconds, tokensOutput } = generated;
  const first = firstSoundSeconds === undefined ? 'no sound' : `first sound after ${formatDuration(firstSoundSeconds)}`;
  const summary = `${printable(model)}: ${formatDuration(durationSeconds)}, ${formatSpeed(timesRealTime)} real time, ${first}`;
  await showRun(context, 'generate', options, generated, { summary, besides: tokensOutput });
}
