import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { error, type Finding, type Gate } from '../gate.ts';
import { runProcess } from '../process.ts';
import type { Workspace } from '../workspace.ts';
import type { PackedPackage } from './pack.ts';

export const quickStartGate: Gate = {
  name: 'quick-start',
  title: 'examples/quick-start runs with the packed packages, installed by npm as a user would',
  slow: true,
  run: async ({ workspace, packed }) => checkQuickStart(workspace, await packed()),
};

/** Outside of the workspace, so that nothing can be found there by accident. */
export async function checkQuickStart(
  workspace: Workspace,
  packed: readonly PackedPackage[],
): Promise<readonly Finding[]> {
  const example = join(workspace.root, 'examples', 'quick-start');
  const folder = await mkdtemp(join(tmpdir(), 'speech-tokens-quick-start-'));
  try {
    await cp(example, folder, {
      recursive: true,
      filter: (file) => !['node_modules', 'output'].includes(basename(file)),
    });
    const tarballs = new Map(packed.map((one) => [one.package.name, one.tarball]));
    await useTarballs(folder, tarballs);
    const npm = npmProgram();
    const install = await runProcess(
      npm[0],
      [...npm.slice(1), 'install', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error'],
      { cwd: folder, env: { ONNXRUNTIME_NODE_INSTALL: 'skip' } },
    );
    if (install.exitCode !== 0) return [error('examples/quick-start', `npm install failed:\n${install.output}`)];
    await mkdir(join(folder, 'output'), { recursive: true });
    await cp(join(workspace.root, 'examples', 'audio', 'sense-and-sensibility.wav'), join(folder, 'recording.wav'));
    const run = await runProcess(process.execPath, ['src/main.ts', 'recording.wav'], { cwd: folder });
    const findings: Finding[] = [];
    if (run.exitCode !== 0) findings.push(error('examples/quick-start', `failed:\n${run.output}`));
    else findings.push(...(await checkOutput(folder, run.stdout)));
    findings.push(...(await checkCommand(folder)));
    return findings;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every package of ours is taken from its tarball, also where another of ours asks for it. */
async function useTarballs(folder: string, tarballs: ReadonlyMap<string, string>): Promise<void> {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  const fromTarballs = Object.fromEntries([...tarballs].map(([name, tarball]) => [name, `file:${tarball}`]));
  const { devDependencies, ...rest } = manifest;
  await writeFile(
    file,
    JSON.stringify({ ...rest, dependencies: fromTarballs, overrides: { 'onnxruntime-node': overrideOf(devDependencies) } }, null, 2),
  );
}
