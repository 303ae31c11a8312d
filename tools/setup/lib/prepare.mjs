import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { captureOrFail } from './child-process.mjs';
import { childEnvironment } from './environment.mjs';
import { withLock } from './lock.mjs';
import { repositoryRoot, setupFolder } from './paths.mjs';
import { say, step } from './report.mjs';
import { filesBelow, hashFiles, readRecord, writeRecord } from './stamp.mjs';
import { findToolchain, rememberedToolchain } from './toolchain.mjs';
import { withDependencies, workspacePackages } from './workspace.mjs';

/** @typedef {import('./toolchain.mjs').Toolchain} Toolchain */
/** @typedef {import('./workspace.mjs').WorkspacePackage} WorkspacePackage */

/**
 * @typedef {object} Ready
 * @property {Toolchain} toolchain
 * @property {NodeJS.ProcessEnv} env
 */

/**
 * Brings tools, dependencies and builds up to date, doing only what is not done yet.
 * @param {{ buildFor?: string }} goal the package to build, with all that it needs; nothing is built where absent
 * @returns {Promise<Ready>}
 */
export async function prepare(goal) {
  const remembered = await rememberedToolchain(repositoryRoot);
  if (remembered !== undefined && (await isInstalled()) && (await isBuilt(goal.buildFor))) {
    return ready(remembered);
  }
  return await withLock(
    join(setupFolder, 'lock'),
    async () => {
      const startedAt = Date.now();
      if (!existsSync(join(repositoryRoot, 'node_modules'))) {
        say(
          'First run: this sets everything up inside this folder. It takes about a minute; later runs start at once.',
        );
      }
      const toolchain = await findToolchain(repositoryRoot);
      if (!(await isInstalled())) await install(toolchain);
      if (!(await isBuilt(goal.buildFor))) await build(toolchain, goal.buildFor);
      say(`  Ready after ${Math.max(1, Math.round((Date.now() - startedAt) / 1000))} s.\n`);
      return ready(toolchain);
    },
    () => say('Another run is setting up in this folder; waiting for it …'),
  );
}

/** @param {Toolchain} toolchain @returns {Ready} */
function ready(toolchain) {
  return { toolchain, env: childEnvironment(toolchain.pathFolders) };
}

const installRecord = join(setupFolder, 'install.json');

async function installHash() {
  const packages = await workspacePackages(repositoryRoot);
  const files = [
    ...['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(repositoryRoot, name)),
    ...packages.map(({ folder }) => join(folder, 'package.json')),
  ];
  return await hashFiles(repositoryRoot, files, [repositoryRoot, process.platform, process.arch]);
}

async function isInstalled() {
  if (!existsSync(join(repositoryRoot, 'node_modules', '.modules.yaml'))) return false;
  const record = /** @type {{ hash?: string } | undefined} */ (await readRecord(installRecord));
  return record?.hash === (await installHash());
}

/** @param {Toolchain} toolchain */
async function install(toolchain) {
  const hash = await installHash();
  await rm(installRecord, { force: true });
  const [program, ...first] = toolchain.pnpm;
  const args = [
    ...first,
    'install',
    '--frozen-lockfile',
    '--config.confirm-modules-purge=false',
    '--reporter=append-only',
  ];
  await step('Installing dependencies (20 to 60 s the first time)', () =>
    captureOrFail(program, args, {
      cwd: repositoryRoot,
      env: childEnvironment(toolchain.pathFolders),
      failure:
        'Installing the dependencies failed. Where the lockfile is out of date after a change of a package.json, run: npm run pnpm -- install',
    }),
  );
  await writeRecord(installRecord, { hash });
}

/** A hash of the sources of each package, as they were when its `dist` was made. */
const buildRecord = join(setupFolder, 'build.json');

/** @returns {Promise<Record<string, string>>} by path of the package */
async function builtHashes() {
  const record = /** @type {{ hashes?: Record<string, string> } | undefined} */ (await readRecord(buildRecord));
  return record?.hashes ?? {};
}

/** @param {string} target a package, or `all` */
async function packagesToBuild(target) {
  const packages = await workspacePackages(repositoryRoot);
  const wanted = target === 'all' ? packages : withDependencies(packages, target);
  return wanted.filter(({ manifest }) => manifest.scripts?.build !== undefined);
}

/** @param {WorkspacePackage} one */
async function buildHash({ folder }) {
  const sources = (await filesBelow(join(folder, 'src'))).filter((file) => !/\.test\.tsx?$/.test(file));
  const settings = ['package.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(folder, name));
  const shared = ['tsconfig.base.json', 'pnpm-lock.yaml'].map((name) => join(repositoryRoot, name));
  const files = [...sources, ...settings, ...shared].filter((file) => existsSync(file));
  return await hashFiles(repositoryRoot, files, []);
}

/**
 * @param {readonly WorkspacePackage[]} packages
 * @returns {Promise<readonly WorkspacePackage[]>} those whose `dist` is not there or not of these sources
 */
async function outOfDate(packages) {
  const built = await builtHashes();
  const wanted = await Promise.all(packages.map(buildHash));
  return packages.filter((one, index) => !existsSync(join(one.folder, 'dist')) || built[one.path] !== wanted[index]);
}

/** @param {string | undefined} target */
async function isBuilt(target) {
  return target === undefined || (await outOfDate(await packagesToBuild(target))).length === 0;
}

/**
 * @param {Toolchain} toolchain
 * @param {string} [target]
 */
async function build(toolchain, target = 'all') {
  const packages = await packagesToBuild(target);
  const hashes = await builtHashes();
  // Forgotten before the first output is touched: a build that is cut off must not count as made.
  for (const { path } of await outOfDate(packages)) delete hashes[path];
  await writeRecord(buildRecord, { hashes });
  const wanted = await Promise.all(packages.map(buildHash));
  const turbo = join(repositoryRoot, 'node_modules', 'turbo', 'bin', 'turbo');
  const filters = packages.map(({ name }) => `--filter=${name}`);
  await step('Building', async () => {
    for (const { folder } of packages) await removeStaleOutputs(folder);
    await captureOrFail(
      toolchain.node,
      [turbo, 'run', 'build', '--output-logs=errors-only', '--no-color', ...filters],
      {
        cwd: repositoryRoot,
        env: childEnvironment(toolchain.pathFolders),
        failure: 'The build failed.',
      },
    );
  });
  for (const [index, { path }] of packages.entries()) hashes[path] = wanted[index] ?? '';
  await writeRecord(buildRecord, { hashes });
}

/**
 * Outputs whose source is gone would still be published and could still be imported: the compiler leaves them.
 * @param {string} folder of a package whose `dist` mirrors its `src`
 */
export async function removeStaleOutputs(folder) {
  if (!existsSync(join(folder, 'tsconfig.build.json'))) return;
  const dist = join(folder, 'dist');
  for (const file of await filesBelow(dist)) {
    const source = relative(dist, file).replace(/\.(d\.ts|js)(\.map)?$/, '.ts');
    if (source.endsWith('.ts') && !existsSync(join(folder, 'src', source))) await rm(file);
  }
}
