import { spawn } from 'node:child_process';

export interface ProcessResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs a program with its arguments as they are, without a shell, and waits for its end. */
export function runProcess(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      stdout += piece;
      output += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      output += piece;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, stdout, output }));
  });
}

/**
 * Program and first arguments that start npm or pnpm. The set-up of this repository says them; else PATH has them.
 */
export function packageManager(name: 'npm' | 'pnpm'): readonly [string, ...string[]] {
  const given = process.env[`SPEECH_TOKENS_${name.toUpperCase()}`];
  if (given === undefined) return [name];
  const [program, ...args] = JSON.parse(given) as string[];
  return program === undefined ? [name] : [program, ...args];
}
