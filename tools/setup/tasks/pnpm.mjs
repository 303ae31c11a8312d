import { join } from 'node:path';
import { run } from '../lib/child-process.mjs';
import { childEnvironment } from '../lib/environment.mjs';
import { withLock } from '../lib/lock.mjs';
import { repositoryRoot, setupFolder } from '../lib/paths.mjs';
import { findToolchain } from '../lib/toolchain.mjs';

/** Runs the pnpm of this repository: for those who have not installed it. @type {import('../lib/main.mjs').Task} */
export async function task(args) {
  const toolchain = await withLock(join(setupFolder, 'lock'), () => findToolchain(repositoryRoot));
  const [program, ...first] = toolchain.pnpm;
  return await run(program, [...first, ...args], {
    cwd: repositoryRoot,
    env: childEnvironment(toolchain.pathFolders),
  });
}
