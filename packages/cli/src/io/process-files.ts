import { stat } from 'node:fs/promises';
import type { CommonOptions, JobOptions, OutputOptions } from '../commands/shared-options.ts';
import type { CliContext } from '../context.ts';
import { type ExitCode, exitCodes, UsageError } from '../exit-codes.ts';
import { type JsonError, reportError, toJsonError } from '../report-error.ts';
import { plural } from '../terminal/figures.ts';
import { createProgressLine, type ProgressTask } from '../terminal/progress.ts';
import { printable } from '../terminal/text-width.ts';
import { type PlannedOutput, shortPath, standardStream } from './output-paths.ts';
import { printJson } from './print-json.ts';
import { runJobs } from './run-jobs.ts';

/** One file and where its result goes. */
export interface Work extends PlannedOutput {
  readonly task: ProgressTask;
}

export interface FileCommand<Model, Result> {
  readonly command: string;
  readonly planned: readonly PlannedOutput[];
  readonly options: CommonOptions & JobOptions & OutputOptions;
  /** What is shown while it loads. */
  readonly loading?: string;
  /** Once, before the first file. */
  load(): Promise<Model>;
  unload(model: Model): Promise<void>;
  work(model: Model, work: Work): Promise<Result>;
  /** A line for people about a result. */
  summary(result: Result): string;
}

interface FileResult {
  readonly output: string;
  readonly warnings: readonly string[];
}

/** What `--json` shows of a file that failed. */
interface Failure {
  readonly input: string;
  readonly error: JsonError;
}

/**
 * Works on several files at the same time with one model. Results come in the order of the files: on a terminal a line
 * for people each, else the paths that were written, for the next program. One failure does not stop the others.
 */
export async function processFiles<Model, Result extends FileResult>(
  context: CliContext,
  {
    command,
    planned,
    options,
    loading = 'Loading the model …',
    load,
    unload,
    work,
    summary,
  }: FileCommand<Model, Result>,
): Promise<ExitCode> {
  const isQuiet = options.quiet === true;
  const { due, skipped } = await splitDue(planned, options);
  const { capabilities, painter } = context.err;
  const shown = isQuiet ? { ...capabilities, isTerminal: false } : capabilities;
  const progress = createProgressLine((text) => context.stderr.write(text), shown, painter, due.length);
  const results: Result[] = [];
  const failures: Failure[] = [];
  const usesOutput = planned.some(({ output }) => output === standardStream);
  if (usesOutput && options.json === true) {
    throw new UsageError('--json and the result cannot share standard output: give --out PATH');
  }

  const show = async (result: Result): Promise<void> => {
    results.push(result);
    progress.aside(() => {
      for (const warning of result.warnings) context.report(`${painter.warn('warning:')} ${printable(warning)}`);
    });
    if (options.json === true) return;
    if (!isQuiet) progress.aside(() => context.report(summary(result)));
    if (!usesOutput) {
      progress.aside(() => {});
      await context.print(shortPath(result.output, context.cwd));
    }
  };

  const workThrough = async (): Promise<void> => {
    progress.stage(loading);
    const model = await load();
    progress.stage('');
    try {
      await runJobs(
        due,
        options.jobs,
        context.signal,
        async (item) => {
          const task = progress.start(item.input);
          try {
            return await work(model, { ...item, task });
          } finally {
            task.finish();
          }
        },
        async (result, index) => {
          if ('value' in result) return show(result.value);
          const { input } = due[index]!;
          failures.push({ input, error: toJsonError(result.error) });
          progress.aside(() => reportError(context, result.error, input === standardStream ? 'standard input' : input));
        },
      );
    } finally {
      await unload(model);
    }
  };

  try {
    if (due.length > 0) await workThrough();
  } finally {
    progress.close();
  }
  if (options.json === true) await printJson(context, command, { results, failures, skipped });
  if (skipped.length > 0 && !isQuiet) {
    context.report(`${skipped.length} of ${plural(planned.length, 'file')} left out: their results are there already`);
  }
  if (failures.length > 0 && due.length > 1 && !isQuiet) {
    context.report(`${failures.length} of ${plural(due.length, 'file')} failed`);
  }
  if (failures.length === 0) return exitCodes.ok;
  return results.length === 0 && skipped.length === 0 ? exitCodes.failed : exitCodes.partlyFailed;
}

interface Split {
  readonly due: readonly PlannedOutput[];
  readonly skipped: readonly PlannedOutput[];
}

/** What is still to be done. @throws UsageError where results are to be replaced and to be left alone */
async function splitDue(
  planned: readonly PlannedOutput[],
  { skipExisting, force }: JobOptions & OutputOptions,
): Promise<Split> {
  if (skipExisting !== true) return { due: planned, skipped: [] };
  if (force === true) throw new UsageError('--skip-existing leaves what --force replaces: give one of them');
  const due: PlannedOutput[] = [];
  const skipped: PlannedOutput[] = [];
  for (const item of planned) {
    const isThere = item.output !== standardStream && (await stat(item.output).catch(() => undefined)) !== undefined;
    (isThere ? skipped : due).push(item);
  }
  return { due, skipped };
}
