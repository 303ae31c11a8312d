import { isSpeechTokensError } from '@speech-tokens/core';
import type { CompareCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { createDetokenizers } from '../detokenize/detokenizers.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';
import { type AudioSource, openAudio } from '../io/audio-source.ts';
import { openInput } from '../io/input-source.ts';
import { printJson } from '../io/print-json.ts';
import { defaultTokenizerId, findComponents } from '../plugins/find-components.ts';
import { loadTokenizer } from '../plugins/load-component.ts';
import { type JsonError, reportError, toJsonError } from '../report-error.ts';
import { formatDuration } from '../terminal/figures.ts';
import { createProgressLine, type ProgressLine } from '../terminal/progress.ts';
import { printable } from '../terminal/text-width.ts';
import { comparisonTable } from './comparison-table.ts';
import { measureVariant, type VariantFigures } from './measure-variant.ts';

/** What `--json` shows of one tokenizer with one number of codebooks. */
export interface ComparedVariant {
  readonly tokenizer: string;
  readonly tokenSpace: string;
  readonly codebookCount: number;
  readonly nominalBitrateBps?: number;
  readonly entropyCodedBitrateBps?: number;
  readonly siSdrDb?: number;
  readonly logMelCorrelation?: number;
  readonly logMelDistanceDb?: number;
  readonly encodeTimesRealTime?: number;
  readonly decodeTimesRealTime?: number;
}

interface Work {
  readonly context: CliContext;
  readonly registry: Awaited<ReturnType<typeof findComponents>>;
  readonly options: CompareCommandOptions;
  readonly audio: AudioSource;
  readonly progress: ProgressLine;
  readonly onVariant: (variant: ComparedVariant, durationSeconds: number) => void;
}

export async function compareTokenizers(
  context: CliContext,
  argument: string,
  options: CompareCommandOptions,
): Promise<ExitCode> {
  const { capabilities, painter } = context.err;
  const ids = [...new Set(options.tokenizer ?? [defaultTokenizerId])];
  if (options.checkpoint !== undefined && ids.length > 1) {
    throw new UsageError('--checkpoint holds the weights of one tokenizer: compare one at a time with it');
  }
  const shown = { ...capabilities, isTerminal: capabilities.isTerminal && options.quiet !== true };
  const progress = createProgressLine((text) => context.stderr.write(text), shown, painter, 1);
  const input = await openInput(context, argument);
  const variants: ComparedVariant[] = [];
  const failures: { readonly tokenizer: string; readonly error: JsonError }[] = [];
  let durationSeconds = 0;
  try {
    const audio = await openAudio(context, input);
    const registry = await findComponents(context, options.plugins);
    const onVariant = (variant: ComparedVariant, seconds: number): void => {
      variants.push(variant);
      durationSeconds = Math.max(durationSeconds, seconds);
    };
    for (const id of ids) {
      try {
        await compareOne({ context, registry, options, audio, progress, onVariant }, id);
      } catch (error) {
        if (context.signal.aborted || error instanceof UsageError) throw error;
        failures.push({ tokenizer: id, error: toJsonError(error) });
        progress.aside(() => reportError(context, error, id));
      }
    }
  } finally {
    progress.close();
    await input.close();
  }
  if (options.json === true) {
    await printJson(context, 'compare', { input: argument, durationSeconds, variants, failures });
  } else if (variants.length > 0) {
    const { painter: outPainter, capabilities: outCapabilities } = context.out;
    await context.print(
      `${outPainter.bold(printable(input.label))}  ${outPainter.dim(formatDuration(durationSeconds))}`,
    );
    await context.print('');
    for (const line of comparisonTable(variants, outCapabilities.width, outPainter)) await context.print(line);
  }
  if (failures.length === 0) return exitCodes.ok;
  return variants.length === 0 ? exitCodes.failed : exitCodes.partlyFailed;
}

/** Measures one tokenizer with each number of codebooks. */
async function compareOne(work: Work, id: string): Promise<void> {
  const { context, registry, options, audio, progress, onVariant } = work;
  const { signal } = context;
  progress.stage(`Loading ${id} …`);
  const { part: tokenizer } = await loadTokenizer(context, registry, id, options);
  // Which detokenizer reads the tokens follows from their space, unless a checkpoint gives them a space of its own.
  const { checkpoint, threads, yes, offline } = options;
  const detokenizers = createDetokenizers(context, registry, {
    ...(checkpoint === undefined ? {} : { checkpoint, tokenizer: id }),
    ...(threads === undefined ? {} : { threads }),
    ...(yes === undefined ? {} : { yes }),
    ...(offline === undefined ? {} : { offline }),
  });
  try {
    const { tokenSpace } = tokenizer;
    const detokenizer = await detokenizers.forSpace(tokenSpace).then(
      (found) => found.detokenizer,
      (error: unknown) => {
        // Tokens without a way back can still be compared in rate and speed.
        if (!isSpeechTokensError(error, 'component-not-found')) throw error;
        return undefined;
      },
    );
    for (const codebookCount of countsFor(work, id, tokenSpace.codebooks.length, tokenSpace.prefixDecodable)) {
      const task = progress.start(`${id} × ${codebookCount}`);
      try {
        const figures = await measureVariant(
          audio.file,
          { tokenizer, detokenizer, codebookCount },
          { signal, onSeconds: (seconds) => task.update(seconds, audio.durationSeconds) },
        );
        onVariant(toVariant(id, tokenSpace.id, codebookCount, figures), figures.durationSeconds);
      } finally {
        task.finish();
      }
    }
  } finally {
    await detokenizers.close();
    await tokenizer.close();
  }
}

/** The numbers of codebooks that make sense for a tokenizer; what is left out is said. */
function countsFor(
  { context, options, progress }: Work,
  id: string,
  available: number,
  hasPrefixes: boolean,
): readonly number[] {
  const wanted = options.codebooks ?? [available];
  const possible = wanted.filter((count) => count === available || (count < available && hasPrefixes));
  if (possible.length < wanted.length) {
    const left = wanted.filter((count) => !possible.includes(count)).join(', ');
    const why = hasPrefixes ? `it has ${available}` : `only all ${available} of its codebooks together can be decoded`;
    progress.aside(() =>
      context.report(`${context.err.painter.warn('note:')} ${id} is not measured with ${left} codebooks: ${why}`),
    );
  }
  return possible;
}

function toVariant(
  tokenizer: string,
  tokenSpace: string,
  codebookCount: number,
  figures: VariantFigures,
): ComparedVariant {
  const { quality, durationSeconds: _, ...rest } = figures;
  const { siSdrDb, logMelCorrelation, logMelDistanceDb } = quality ?? {};
  const all = { ...rest, siSdrDb, logMelCorrelation, logMelDistanceDb };
  const known = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { tokenizer, tokenSpace, codebookCount, ...known };
}
