import type { Readable, Writable } from 'node:stream';
import { type Capabilities, capabilitiesOf, type Environment } from './terminal/capabilities.ts';
import { createPainter, type Painter } from './terminal/colour.ts';

/** Standard output or error: a stream that may be a terminal. */
export type CliOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Standard input. */
export type CliInput = Readable & { readonly isTTY?: boolean };

/** What a run of the command line works with; the process's own by default. */
export interface CliOptions {
  readonly stdin?: CliInput;
  readonly stdout?: CliOutput;
  readonly stderr?: CliOutput;
  readonly env?: Environment;
  /** Folder that relative paths start from, and whose dependencies are looked at for plugins. */
  readonly cwd?: string;
  /** When it aborts, the run cleans up and ends with exit code 130, or 143 where the reason is a `TerminatedError`. */
  readonly signal?: AbortSignal;
}

export interface CliContext {
  readonly stdin: CliInput;
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  readonly env: Environment;
  readonly cwd: string;
  /** Aborts when the caller's does, and when standard output is closed. */
  readonly signal: AbortSignal;
  /** What may be written to standard output and error. */
  readonly out: { readonly capabilities: Capabilities; readonly painter: Painter };
  readonly err: { readonly capabilities: Capabilities; readonly painter: Painter };
  /** Writes to standard output and waits while it is full. */
  write(data: string | Uint8Array): Promise<void>;
  /** Writes a line of standard output. */
  print(line: string): Promise<void>;
  /** Writes a line of standard error. */
  report(line: string): void;
}

/** Why a run ended: whoever read standard output has closed it. */
export class BrokenPipeError extends Error {
  override readonly name = 'BrokenPipeError';
}

/** Why a run ended: the process was told to terminate (SIGTERM, SIGHUP). */
export class TerminatedError extends Error {
  override readonly name = 'TerminatedError';
}

export function createContext(options: CliOptions): CliContext & { readonly dispose: () => void } {
  const { stdin = process.stdin, stdout = process.stdout, stderr = process.stderr } = options;
  const { env = process.env, cwd = process.cwd() } = options;
  const pipe = new AbortController();
  const signals = options.signal === undefined ? [pipe.signal] : [options.signal, pipe.signal];
  const signal = AbortSignal.any(signals);

  const onError = (error: NodeJS.ErrnoException): void => {
    pipe.abort(error.code === 'EPIPE' ? new BrokenPipeError('Standard output was closed') : error);
  };
  // Nobody reads messages any more: nothing is lost by going on.
  const onReportError = (): void => {};
  stdout.on('error', onError);
  stderr.on('error', onReportError);

  const write = async (data: string | Uint8Array): Promise<void> => {
    signal.throwIfAborted();
    if (stdout.write(data)) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        stdout.off('drain', settle);
        signal.removeEventListener('abort', settle);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      stdout.once('drain', settle);
      signal.addEventListener('abort', settle, { once: true });
    });
  };
  const side = (output: CliOutput): { capabilities: Capabilities; painter: Painter } => {
    const capabilities = capabilitiesOf(output, env);
    return { capabilities, painter: createPainter(capabilities.colourDepth) };
  };
  return {
    stdin,
    stdout,
    stderr,
    env,
    cwd,
    signal,
    out: side(stdout),
    err: side(stderr),
    write,
    print: (line) => write(`${line}\n`),
    report: (line) => {
      stderr.write(`${line}\n`);
    },
    dispose() {
      stdout.off('error', onError);
      stderr.off('error', onReportError);
    },
  };
}
