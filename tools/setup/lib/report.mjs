// Messages for people. They go to standard error, so that the output of a command stays clean.

/** An error that is told in plain words, without a stack. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.name = 'SetupError';
    this.exitCode = exitCode;
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {number} milliseconds */
export function durationText(milliseconds) {
  const seconds = milliseconds / 1000;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/**
 * Says what is being done, does it, and says how long it took.
 * @template Result
 * @param {string} what
 * @param {() => Promise<Result>} work
 */
export async function step(what, work) {
  const startedAt = Date.now();
  const live = process.stderr.isTTY && process.env.CI === undefined;
  const line = `  ${what} …`;
  process.stderr.write(live ? line : `${line}\n`);
  const ticker = live
    ? setInterval(() => process.stderr.write(`\r${line} ${durationText(Date.now() - startedAt)} `), 1000)
    : undefined;
  try {
    const result = await work();
    clearInterval(ticker);
    const end = `done in ${durationText(Date.now() - startedAt)}`;
    process.stderr.write(live ? `\r${line} ${end}\n` : `  ${end}\n`);
    return result;
  } catch (error) {
    clearInterval(ticker);
    process.stderr.write(live ? `\r${line} failed after ${durationText(Date.now() - startedAt)}\n` : '  failed\n');
    throw error;
  }
}
