import { join } from 'node:path';
import { run } from '../lib/child-process.mjs';
import { repositoryRoot, userFolder } from '../lib/paths.mjs';
import { prepare } from '../lib/prepare.mjs';

/** The npm name of the package that holds the command. */
export const commandPackage = 'speech-tokens';

/** File that the command is started with. */
export const commandFile = join(repositoryRoot, 'packages', 'cli', 'dist', 'bin.js');

/** Runs the command line of this clone, in the folder where the user is. @type {import('../lib/main.mjs').Task} */
export async function task(args) {
  const { toolchain, env } = await prepare({ buildFor: commandPackage });
  return await run(toolchain.node, [commandFile, ...args], { cwd: userFolder(), env });
}
