import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/** As a package is imported from its sources: no build is needed, and none can be out of date. */
const fromSources = ['--conditions=@speech-tokens/source', '--disable-warning=ExperimentalWarning'];

export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

export interface ExampleOptions {
  /** Takes standard output, where given. */
  readonly outputFile?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Runs a TypeScript file in a Node.js of its own.
 * @param folder where it runs
 */
export async function runExample(
  file: string,
  args: readonly string[],
  folder: string,
  { outputFile, environment }: ExampleOptions = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [...fromSources, file, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '', ...environment },
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
  });
  const target = outputFile === undefined ? undefined : child.stdout.pipe(createWriteStream(outputFile));
  if (target === undefined) {
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      output += piece;
    });
  }
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  if (target !== undefined) await finished(target);
  return { exitCode, output };
}
