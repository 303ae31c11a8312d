import { CommanderError } from 'commander';
import { BrokenPipeError, type CliContext, type CliOptions, createContext, TerminatedError } from './context.ts';
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts';
import { printJson } from './io/print-json.ts';
import { createProgram } from './program.ts';

/**
 * Runs the command line in this process.
 * @param argv the words after the program's name, for example `['inspect', 'recording.wav']`
 * @returns the exit code, one of `exitCodes`; it rejects for nothing
 */
export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<ExitCode> {
  const context = createContext(options);
  try {
    let code: ExitCode = exitCodes.ok;
    const program = createProgram(context, (result) => {
      code = result;
    });
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return await conclude(context, argv, error);
  } finally {
    context.dispose();
  }
}

async function conclude(context: CliContext, argv: readonly string[], error: unknown): Promise<ExitCode> {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (context.signal.aborted) {
    const { reason } = context.signal;
    if (reason instanceof BrokenPipeError) return exitCodes.brokenPipe;
    return reason instanceof TerminatedError ? exitCodes.terminated : exitCodes.interrupted;
  }
  if (error instanceof UsageError) {
    context.report(`${context.err.painter.bad('error:')} ${error.message}`);
    return exitCodes.usage;
  }
  // Loaded here only: what an error of the project is belongs to `core`, which `--help` can do without.
  const { reportError, toJsonError } = await import('./report-error.ts');
  reportError(context, error);
  if (argv.includes('--json')) {
    await printJson(context, argv[0] ?? '', { error: toJsonError(error) }).catch(() => {});
  }
  return exitCodes.failed;
}
