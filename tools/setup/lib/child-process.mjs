import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SetupError } from './report.mjs';

/**
 * @typedef {object} ProcessOptions
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {number} [timeoutMilliseconds]
 */

const passedSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a program with its arguments as they are (no shell, so nothing needs quoting on any system), and waits.
 * A signal to this process reaches the program; this process ends only after it.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {ProcessOptions} options
 * @param {'inherit' | 'pipe'} output
 * @returns {Promise<{ exitCode: number, signal: NodeJS.Signals | null, output: string, standardOutput: string }>}
 */
function start(program, args, options, output) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: output === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      shell: false,
      windowsHide: true,
      ...(options.timeoutMilliseconds === undefined ? {} : { timeout: options.timeoutMilliseconds }),
    });
    let text = '';
    let standardOutput = '';
    child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ piece) => {
      text += piece;
      standardOutput += piece;
    });
    child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ piece) => {
      text += piece;
    });

    const handlers = passedSignals.map((signal) => {
      const handler = () => {
        // A terminal sends Ctrl-C to the whole group: the program has it already, and twice may mean "at once".
        if (signal === 'SIGINT' && process.stdin.isTTY) return;
        child.kill(signal);
      };
      process.on(signal, handler);
      return /** @type {const} */ ([signal, handler]);
    });
    const release = () => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
    };

    child.once('error', (error) => {
      release();
      reject(new SetupError(`Could not start ${program}: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      release();
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve({ exitCode, signal, output: text, standardOutput });
    });
  });
}

/**
 * Runs a program on this terminal.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {ProcessOptions} options
 * @returns {Promise<number>} its exit code; 128 + the signal's number where a signal ended it
 */
export async function run(program, args, options) {
  return (await start(program, args, options, 'inherit')).exitCode;
}

/**
 * Runs a program quietly.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {ProcessOptions} options
 */
export function capture(program, args, options) {
  return start(program, args, options, 'pipe');
}

/**
 * Runs a program quietly, and shows what it printed if it fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {ProcessOptions & { failure: string }} options
 * @returns {Promise<string>} its standard output
 */
export async function captureOrFail(program, args, options) {
  const { exitCode, signal, output, standardOutput } = await capture(program, args, options);
  if (exitCode === 0) return standardOutput;
  if (signal === 'SIGINT' || exitCode === 130) throw new SetupError('Stopped.', 130);
  const command = [program, ...args].join(' ');
  throw new SetupError(
    `${output.trimEnd()}\n\n${options.failure}\nThe command was: ${command}\nIt ended with exit code ${exitCode}.`,
    exitCode,
  );
}
