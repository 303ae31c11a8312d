import { join } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { runProcess } from '../process.ts';
import type { Workspace } from '../workspace.ts';

export const sherifGate: Gate = {
  name: 'monorepo',
  title: 'package.json files of the monorepo agree with each other (sherif)',
  run: ({ workspace }) => checkMonorepo(workspace),
};

export async function checkMonorepo(workspace: Workspace): Promise<readonly Finding[]> {
  const script = join(import.meta.dirname, '../../node_modules/sherif/index.js');
  // Folders of recordings and of Python code sit beside the packages; they are no packages.
  const args = [script, workspace.root, '--no-install', '--fail-on-warnings', '-r', 'packages-without-package-json'];
  const { exitCode, output } = await runProcess(process.execPath, args, {
    cwd: workspace.root,
    env: { NO_COLOR: '1' },
  });
  return exitCode === 0 ? [] : [error('package.json', output.trim())];
}
