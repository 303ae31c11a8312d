import { resolve } from 'node:path';
import {
  type BytePairMerges,
  bytePair,
  checkUnitCharacters,
  createBytePairCoder,
  trainBytePairs,
} from '@speech-tokens/core';
import type { FitBpeCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { filesIn, tokenFiles } from '../io/files-in-folders.ts';
import { checkMayWrite, shortPath } from '../io/output-paths.ts';
import { printJson } from '../io/print-json.ts';
import { formatCount, plural } from '../terminal/figures.ts';
import { createProgressLine } from '../terminal/progress.ts';
import { createTokenRateMeter, formatChange, gainOf, type TokenRate } from '../transform/token-rates.ts';
import { readUnitRecordings, type UnitRecordings } from './unit-recordings.ts';
import { type MergesFormat, mergesFormatOf, prepareMerges } from './write-merges.ts';

/** What `--json` shows. */
export interface FittedBpe {
  /** Absolute path. */
  readonly output: string;
  readonly format: MergesFormat;
  /** Of the units. */
  readonly tokenSpace: string;
  readonly unitCount: number;
  readonly vocabularySize: number;
  readonly mergeCount: number;
  /** Of the merges: token spaces of their byte pairs name it. */
  readonly sha256: string;
  readonly longestTokenUnits: number;
  readonly recordingCount: number;
  /** Of these recordings: tokens as they were, units, and byte pairs. */
  readonly before: TokenRate;
  readonly units: TokenRate;
  readonly after: TokenRate;
  /** Units per byte pair. */
  readonly gain: number | undefined;
  readonly elapsedSeconds: number;
  readonly warnings: readonly string[];
}

/** Less is hardly worth a larger vocabulary. */
const smallGain = 1.1;

export async function fitBpe(
  context: CliContext,
  args: readonly string[],
  options: FitBpeCommandOptions,
): Promise<ExitCode> {
  const { signal } = context;
  const output = resolve(context.cwd, options.out);
  const format = mergesFormatOf(options.out);
  await checkMayWrite(output, options.force === true);
  const inputs = (await filesIn(args, context.cwd, tokenFiles)).map(({ input }) => input);
  const { capabilities, painter } = context.err;
  const isQuiet = options.quiet === true;
  const shown = { ...capabilities, isTerminal: capabilities.isTerminal && !isQuiet };
  const progress = createProgressLine((text) => context.stderr.write(text), shown, painter, 1);
  const startMs = performance.now();
  try {
    const recordings = await readUnitRecordings(context, inputs, options, (index) =>
      progress.detail(`Reading ${formatCount(index + 1)} of ${plural(inputs.length, 'file')} …`),
    );
    const { unitCount, tokenSpace, grids } = recordings;
    const firstCodePoint = options.firstCharacter;
    // Before the work, not after it.
    if (format === 'tokenizer.json') {
      checkUnitCharacters({ unitCount, ...(firstCodePoint === undefined ? {} : { firstCodePoint }) });
    }
    const merges = await trainBytePairs(
      grids.map(({ tracks }) => tracks[0]!.ids),
      {
        unitCount,
        vocabularySize: options.vocabulary,
        minFrequency: options.minFrequency,
        ...(options.maxUnits === undefined ? {} : { maximumTokenUnits: options.maxUnits }),
        signal,
        onProgress: ({ stage, done, total }) => {
          if (total !== undefined) progress.detail(`${stage}: ${formatCount(done)} of ${formatCount(total)} tokens`);
        },
      },
    );
    progress.stage('Measuring what they gain …');
    const prepared = prepareMerges(format, { merges, tokenSpace, firstCodePoint });
    const fitted = describe(recordings, merges, options.vocabulary);
    signal.throwIfAborted();
    await prepared.writeTo(output);
    progress.close();
    const warnings = [...prepared.warnings, ...fitted.warnings];
    for (const warning of warnings) context.report(`${painter.warn('warning:')} ${warning}`);
    if (options.json === true) {
      const elapsedSeconds = (performance.now() - startMs) / 1000;
      const result: FittedBpe = { output, format, ...fitted, elapsedSeconds, warnings };
      await printJson(context, 'units fit-bpe', result);
      return exitCodes.ok;
    }
    if (!isQuiet) for (const line of summarize(fitted)) context.report(line);
    await context.print(shortPath(output, context.cwd));
    return exitCodes.ok;
  } finally {
    progress.close();
  }
}

type Fitted = Omit<FittedBpe, 'output' | 'format' | 'elapsedSeconds'>;

function describe(recordings: UnitRecordings, merges: BytePairMerges, wantedSize: number): Fitted {
  const { grids, unitCount, tokenSpace, before, units } = recordings;
  const coder = createBytePairCoder(merges);
  const { vocabularySize, sha256 } = coder;
  const pairs = bytePair(coder);
  const meter = createTokenRateMeter();
  for (const grid of grids) meter.add(pairs.apply(grid));
  const after = meter.result();
  const gain = gainOf(units, after);
  let longestTokenUnits = 1;
  for (let id = unitCount; id < vocabularySize; id++)
    longestTokenUnits = Math.max(longestTokenUnits, coder.lengthOf(id));
  const warnings: string[] = [];
  if (vocabularySize < wantedSize) {
    warnings.push(
      `The vocabulary has ${formatCount(vocabularySize)} ids and not ${formatCount(wantedSize)}: no other pair comes often enough`,
    );
  }
  if (gain !== undefined && gain < smallGain) {
    warnings.push(
      `Byte pairs make of these units only ${gain.toFixed(2)} times fewer tokens: the units as they are may serve as well`,
    );
  }
  return {
    tokenSpace: tokenSpace.id,
    unitCount,
    vocabularySize,
    mergeCount: vocabularySize - unitCount,
    sha256,
    longestTokenUnits,
    recordingCount: grids.length,
    before,
    units,
    after,
    gain,
    warnings,
  };
}

function summarize(fitted: Fitted): readonly string[] {
  const { mergeCount, recordingCount, longestTokenUnits, before, units, after } = fitted;
  const learnt = `${plural(mergeCount, 'token')} learnt of ${plural(recordingCount, 'recording')}`;
  const steps = before.tokenCount === units.tokenCount ? [] : [`tokens → units: ${formatChange(before, units)}`];
  return [
    `${learnt}; the longest stands for ${plural(longestTokenUnits, 'unit')}`,
    ...steps,
    `units → byte pairs: ${formatChange(units, after)}`,
  ];
}
