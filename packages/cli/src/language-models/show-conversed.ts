import type { ConverseCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { formatDuration, plural } from '../terminal/figures.ts';
import { printable } from '../terminal/text-width.ts';
import { type ModelRun, showRun } from './show-run.ts';

/** What `--json` shows. */
export interface Conversed extends ModelRun {
  readonly input: string;
  readonly log?: string;
  readonly stepCount: number;
  /** Half of the steps took less. */
  readonly medianStepSeconds?: number;
  /** 99 % of the steps took less. */
  readonly slowStepSeconds?: number;
  /** How long after its sound was there a step began: the most, and the last; in real time alone. */
  readonly behindSeconds?: { readonly most: number; readonly atEnd: number };
}

export async function showConversed(
  context: CliContext,
  options: ConverseCommandOptions,
  conversed: Conversed,
): Promise<void> {
  const shown = { summary: summaryOf(conversed), besides: conversed.log };
  await showRun(context, 'converse', options, conversed, shown);
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
