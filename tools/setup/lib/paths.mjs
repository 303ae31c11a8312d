import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the repository. */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** What the set-up keeps between runs. Git ignores it; deleting it is always safe. */
export const setupFolder = join(repositoryRoot, '.setup');

/** Where the user typed the command: npm itself moves to the folder of package.json. */
export function userFolder() {
  return process.env.INIT_CWD ?? process.cwd();
}
