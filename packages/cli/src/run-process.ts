import { TerminatedError } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { runCli } from './run-cli.ts';

/** Runs the command line as this process: its arguments, its streams, its signals, its exit code. */
export async function runProcess(): Promise<void> {
  const interruption = new AbortController();
  const stop = (reason: Error, code: number): void => {
    // The second time no one wants to wait for anything.
    if (interruption.signal.aborted) process.exit(code);
    interruption.abort(reason);
  };
  const onInterrupt = (): void => stop(new Error('Interrupted'), exitCodes.interrupted);
  const onTerminate = (): void => stop(new TerminatedError('Terminated'), exitCodes.terminated);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onTerminate);
  // After the run too: a reader that goes away while the last words are written is no crash.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const code = await runCli(process.argv.slice(2), { signal: interruption.signal });
  // What was written still has to go out; a pipe that is full must not lose its end.
  if (code !== exitCodes.brokenPipe) await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Not exitCode alone: a read of standard input that never ends must not keep the process alive.
  process.exit(code);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableEnded || stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}
