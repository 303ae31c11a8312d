import { SetupError, say } from './report.mjs';

/** @typedef {(args: readonly string[]) => Promise<number>} Task what it resolves to is the exit code */

/** @type {Record<string, () => Promise<{ task: Task }>>} */
const tasks = {
  demo: () => import('../tasks/demo.mjs'),
  test: () => import('../tasks/test.mjs'),
  'speech-tokens': () => import('../tasks/speech-tokens.mjs'),
  pnpm: () => import('../tasks/pnpm.mjs'),
};

/** @param {readonly string[]} args */
export async function main(args) {
  const [name = '', ...rest] = args;
  const load = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (load === undefined) {
    say(`Unknown task "${name}". There are: ${Object.keys(tasks).join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  try {
    const { task } = await load();
    process.exitCode = await task(rest);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`\n${error.message}`);
    process.exitCode = error.exitCode;
  }
}
