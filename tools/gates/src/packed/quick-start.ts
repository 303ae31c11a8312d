import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { type ProcessResult, packageManager, runProcess } from '../process.ts';
import type { Manifest, Workspace } from '../workspace.ts';
import type { PackedPackage } from './pack.ts';

export const quickStartGate: Gate = {
  name: 'quick-start',
  title: 'examples/quick-start and the command run from packed packages, installed by npm as a user would',
  slow: true,
  run: async ({ workspace, packed }) => checkQuickStart(workspace, await packed()),
};

const where = 'examples/quick-start';

/** In a temporary folder, so that nothing of the workspace can be found there by accident. */
async function checkQuickStart(workspace: Workspace, packed: readonly PackedPackage[]): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'speech-tokens-quick-start-'));
  try {
    await cp(join(workspace.root, where), folder, {
      recursive: true,
      filter: (file) => basename(file) !== 'node_modules',
    });
    await takeFromTarballs(join(folder, 'package.json'), packed);
    const installed = await npmInstall(folder);
    if (installed.exitCode !== 0) return [error(where, `npm install failed:\n${installed.output}`)];
    await cp(join(workspace.root, 'examples', 'audio', 'sense-and-sensibility.wav'), join(folder, 'recording.wav'));
    return [...(await checkExample(folder)), ...(await checkCommand(folder))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function checkExample(folder: string): Promise<readonly Finding[]> {
  const elsewhere = join(folder, 'elsewhere');
  await mkdir(elsewhere);
  const { exitCode, stdout, output } = await runProcess(process.execPath, ['quick-start.ts', 'recording.wav'], {
    cwd: folder,
    env: userEnvironment(elsewhere),
  });
  if (exitCode !== 0) return [error(where, `ended with exit code ${exitCode}:\n${output}`)];
  const findings: Finding[] = [];
  // 7.1 s of audio at 50 frames a second.
  if (!/\b8 codebooks × 355 frames\b/.test(stdout)) {
    findings.push(error(where, `was expected to print "8 codebooks × 355 frames"; it printed:\n${output}`));
  }
  const decoded = join(folder, 'decoded.wav');
  const bytes = existsSync(decoded) ? (await stat(decoded)).size : 0;
  // 113,600 samples of 16 bit, and a header.
  if (bytes < 2 * 113_600) {
    findings.push(error(where, `was expected to write decoded.wav of the whole length; found ${bytes} bytes`));
  }
  // The model store's own folder may be there.
  const strays = (await readdir(elsewhere)).filter((name) => name !== 'speech-tokens');
  if (strays.length > 0) {
    // ONNX Runtime keeps what it is about to send to its maker in such files, unless it is told not to.
    findings.push(error(where, `left files in folders of the user, as telemetry does: ${strays.join(', ')}`));
  }
  return findings;
}

/** Where one of these is set, ONNX Runtime keeps silent by itself, and a fault would show on users' machines only. */
const signsOfAutomation = [
  ...['CI', 'TF_BUILD', 'GITHUB_ACTIONS', 'GITLAB_CI', 'CIRCLECI', 'TRAVIS', 'JENKINS_URL', 'CODEBUILD_BUILD_ID'],
  ...['BUILDKITE', 'TEAMCITY_VERSION', 'APPVEYOR', 'ORT_DISABLE_TELEMETRY'],
];

/** What a user's machine says, and not what this repository's set-up does; folders of the user are empty. */
function userEnvironment(home: string): NodeJS.ProcessEnv {
  const folders = ['HOME', 'USERPROFILE', 'TMPDIR', 'TEMP', 'TMP', 'XDG_CACHE_HOME', 'APPDATA', 'LOCALAPPDATA'];
  return {
    ...Object.fromEntries(folders.map((name) => [name, home])),
    ...Object.fromEntries(signsOfAutomation.map((name) => [name, undefined])),
  };
}

export async function checkCommand(folder: string): Promise<readonly Finding[]> {
  const manifestFile = join(folder, 'node_modules', 'speech-tokens', 'package.json');
  const { bin } = JSON.parse(await readFile(manifestFile, 'utf8')) as { bin?: Record<string, string> };
  const script = bin?.['speech-tokens'];
  if (script === undefined) return [error('packages/cli', 'packs no command "speech-tokens".')];
  const args = [
    resolve(dirname(manifestFile), script),
    'tokenize',
    'recording.wav',
    '--out',
    'from-command.safetensors',
  ];
  const { exitCode, output } = await runProcess(process.execPath, args, { cwd: folder });
  if (exitCode === 0 && existsSync(join(folder, 'from-command.safetensors'))) return [];
  return [
    error('packages/cli', `speech-tokens tokenize, installed from its tarball, ended with ${exitCode}:\n${output}`),
  ];
}

/** What the example needs of ours, and what that needs of ours, comes from the tarballs and not from a registry. */
async function takeFromTarballs(manifestFile: string, packed: readonly PackedPackage[]): Promise<void> {
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as Manifest;
  const dependencies: Record<string, string> = {};
  const queue = Object.entries(manifest.dependencies ?? {});
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [name, range] = next;
    const ours = packed.find((one) => one.package.name === name);
    if (ours === undefined) {
      if (!range.startsWith('catalog:')) dependencies[name] ??= range;
      continue;
    }
    if (dependencies[name] !== undefined) continue;
    dependencies[name] = `file:${ours.tarball}`;
    queue.push(
      ...Object.entries(ours.package.manifest.dependencies ?? {}).filter(([other]) =>
        packed.some((one) => one.package.name === other),
      ),
    );
  }
  await writeFile(manifestFile, JSON.stringify({ ...manifest, dependencies, devDependencies: {} }, null, 2));
}

async function npmInstall(folder: string): Promise<ProcessResult> {
  const flags = [
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--ignore-scripts',
    '--loglevel=error',
  ];
  const [program, ...first] = packageManager('npm');
  return await runProcess(program, [...first, 'install', ...flags], { cwd: folder });
}
