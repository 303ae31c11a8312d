import { undoTransforms } from '@speech-tokens/core';
import type { TransformCommandOptions } from '../commands/command-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, UsageError } from '../exit-codes.ts';
import { ensureFolder } from '../io/ensure-folder.ts';
import { filesIn, tokenFiles } from '../io/files-in-folders.ts';
import { checkTerminal, formatOf } from '../io/output-format.ts';
import { checkMayWrite, planOutputs, stemOf } from '../io/output-paths.ts';
import { processFiles, type Work } from '../io/process-files.ts';
import { type TokenFormat, writeTokens } from '../io/token-output.ts';
import { readWholeTokens } from '../io/whole-tokens.ts';
import { printable } from '../terminal/text-width.ts';
import { type BpeFile, codersToUndo, openBpeFile } from './bpe-file.ts';
import { formatChange, rateOf, type TokenRate } from './token-rates.ts';
import { applyBpe, applySteps } from './transform-steps.ts';

/** What `--json` shows of one token file. */
export interface TransformedFile {
  readonly input: string;
  /** Absolute path, or `-`. */
  readonly output: string;
  readonly format: TokenFormat;
  readonly tokenSpaceBefore: string;
  readonly tokenSpace: string;
  readonly durationSeconds: number;
  readonly before: TokenRate;
  readonly after: TokenRate;
  readonly warnings: readonly string[];
}

/** What stands in the name of a file for its last step. */
const stepNames = ['flat', 'merged', 'bpe'] as const;

export async function transformFiles(
  context: CliContext,
  args: readonly string[],
  options: TransformCommandOptions,
): Promise<ExitCode> {
  const format = formatOf(options);
  const step = lastStep(options);
  const planned = await planOutputs({
    inputs: await filesIn(args, context.cwd, tokenFiles),
    out: options.out,
    cwd: context.cwd,
    nameFor: (name) => `${stepless(stemOf(name), step)}.${step}.tokens.${format}`,
  });
  checkTerminal(context, planned, format);
  return processFiles<BpeFile | undefined, TransformedFile>(context, {
    command: 'transform',
    planned,
    options,
    loading: 'Reading the merges …',
    load: async () =>
      options.bpe === undefined ? undefined : openBpeFile(context, options.bpe, options.firstCharacter),
    unload: async () => {},
    work: (bpe, work) => transformFile(context, work, { bpe, format, options }),
    summary: ({ input, before, after }) => `${printable(input)}: ${formatChange(before, after)}`,
  });
}

interface Wanted {
  readonly bpe: BpeFile | undefined;
  readonly format: TokenFormat;
  readonly options: TransformCommandOptions;
}

async function transformFile(
  context: CliContext,
  { input, output }: Work,
  { bpe, format, options }: Wanted,
): Promise<TransformedFile> {
  await checkMayWrite(output, options.force === true);
  const { grid, source } = await readWholeTokens(context, input);
  const warnings: string[] = [];
  let result = grid;
  if (options.undo === true) {
    result = undoTransforms(grid, { bytePairs: codersToUndo(grid.tokenSpace, bpe) });
    if (result === grid)
      warnings.push(`${input}: there is nothing to undo: these are the tokens of ${grid.tokenSpace.id}`);
  } else {
    const units = applySteps(grid, options);
    result = bpe === undefined ? units : applyBpe(units, bpe);
    if (bpe?.hasOtherIds(result.tokenSpace.derivedFrom!.tokenSpace.codebooks[0]!.size) === true) {
      warnings.push(
        `${input}: ids are numbered with the units first, then tokens by their merges, and not as in ${options.bpe}`,
      );
    }
  }
  context.signal.throwIfAborted();
  await ensureFolder(output);
  const pieces = (async function* () {
    yield result;
  })();
  await writeTokens(context, output, format, pieces, {
    tokenSpace: result.tokenSpace,
    codebookCount: result.tracks.length,
    source,
  });
  const [before, after] = [rateOf(grid), rateOf(result)];
  return {
    input,
    output,
    format,
    tokenSpaceBefore: grid.tokenSpace.id,
    tokenSpace: result.tokenSpace.id,
    durationSeconds: before.durationSeconds,
    before,
    after,
    warnings,
  };
}

/** @throws UsageError where nothing is to be done, or two things that exclude each other */
function lastStep(options: TransformCommandOptions): (typeof stepNames)[number] | 'restored' {
  const { undo, flatten, mergeRepeats, bpe, codebooks } = options;
  if (undo === true) {
    const step =
      flatten === true ? '--flatten' : mergeRepeats === true ? '--merge-repeats' : codebooks && '--codebooks';
    if (step !== undefined) throw new UsageError(`--undo undoes every step: leave ${step} out`);
    return 'restored';
  }
  if (bpe !== undefined) return 'bpe';
  if (mergeRepeats === true) return 'merged';
  if (flatten === true) return 'flat';
  throw new UsageError('Say what to do with the tokens: --flatten, --merge-repeats, --bpe FILE or --undo');
}

/** `a` of `a.bpe` where that is undone. */
function stepless(stem: string, step: string): string {
  const last = stepNames.find((name) => stem.endsWith(`.${name}`) && stem.length > name.length + 1);
  return step === 'restored' && last !== undefined ? stem.slice(0, -last.length - 1) : stem;
}
