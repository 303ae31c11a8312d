import type { TokenSpace } from '@speech-tokens/core';
import type { InspectCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';
import { openInput } from '../io/input-source.ts';
import { printJson } from '../io/print-json.ts';
import { sniffInput } from '../io/sniff-input.ts';
import { openTokens } from '../io/token-input.ts';
import { npyWithoutTokenizer } from '../io/whole-tokens.ts';
import type { TimeWindow } from '../picture/time-window.ts';
import { findComponents } from '../plugins/find-components.ts';
import { createProgressLine } from '../terminal/progress.ts';
import { readRecording, readTokens } from './inspected.ts';
import { toJsonInspection } from './json-inspection.ts';
import { renderInspection } from './render-inspection.ts';

export async function inspectFile(
  context: CliContext,
  argument: string,
  options: InspectCommandOptions,
): Promise<ExitCode> {
  const { signal } = context;
  const wanted = windowOf(options);
  const { capabilities, painter } = context.err;
  const shown = { ...capabilities, isTerminal: capabilities.isTerminal && options.quiet !== true };
  const progress = createProgressLine((text) => context.stderr.write(text), shown, painter, 1);
  const input = await openInput(context, argument);
  try {
    const kind = await sniffInput(input, signal);
    const registry = await findComponents(context, options.plugins);
    const work = { context, registry, options, window: wanted, progress };
    const inspected =
      kind === 'audio'
        ? await readRecording(work, input)
        : await readTokens(
            work,
            await openTokens(input, kind, signal, {
              ofNpy: () => spaceOfNpy(work, argument),
              ofEcdc: async (listed) => listed,
            }),
          );
    progress.close();
    if (options.json === true) {
      await printJson(context, 'inspect', toJsonInspection(argument, inspected));
    } else {
      const window = { ...wanted, endSeconds: Math.min(wanted.endSeconds, inspected.durationSeconds) };
      if (inspected.durationSeconds > 0 && window.startSeconds >= window.endSeconds) {
        throw new UsageError(
          `--start lies behind the end: ${argument} is ${inspected.durationSeconds.toFixed(2)} s long`,
        );
      }
      for (const warning of inspected.audio?.file.warnings ?? []) {
        context.report(`${painter.warn('warning:')} ${warning.message}`);
      }
      const lines = renderInspection(inspected, window, context.out.capabilities, context.out.painter);
      await context.write(`${lines.join('\n')}\n`);
    }
    return exitCodes.ok;
  } finally {
    progress.close();
    await input.close();
  }
}

function windowOf({ start = 0, end = Number.POSITIVE_INFINITY }: InspectCommandOptions): TimeWindow {
  if (start >= end) throw new UsageError(`--start ${start} lies behind --end ${end}`);
  return { startSeconds: start, endSeconds: end };
}

async function spaceOfNpy(
  { context, registry, options }: Pick<Parameters<typeof readRecording>[0], 'context' | 'registry' | 'options'>,
  argument: string,
): Promise<TokenSpace> {
  const id = options.tokenizer?.[0];
  if (id !== undefined) {
    return (await registry.load('tokenizer', id, { signal: context.signal })).component.tokenSpace;
  }
  throw npyWithoutTokenizer(argument);
}
