import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cliFolder = dirname(fileURLToPath(import.meta.resolve('speech-tokens/package.json')));
const reportPeak = `process.on('exit', () => process.stderr.write('\\npeak-kilobytes ' + process.resourceUsage().maxRSS))`;

export interface CliRun {
  readonly seconds: number;
  readonly peakMebibytes: number;
}

/** Runs the built command as a process of its own. */
export async function runCli(args: readonly string[]): Promise<CliRun> {
  const start = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(reportPeak)}`, join(cliFolder, 'dist/bin.js'), ...args],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let errors = '';
  child.stderr.on('data', (bytes) => {
    errors += bytes;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - start) / 1000;
  const peak = /peak-kilobytes (\d+)/.exec(errors);
  if (code !== 0 || peak === null) throw new Error(`speech-tokens ${args.join(' ')} ended with ${code}: ${errors}`);
  return { seconds, peakMebibytes: Number(peak[1]) / 1024 };
}
