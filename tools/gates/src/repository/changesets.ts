import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { runProcess } from '../process.ts';
import { type Package, publicPackages, type Workspace } from '../workspace.ts';

export const changesetsGate: Gate = {
  name: 'changesets',
  title: 'every changed public package has a changeset',
  run: ({ workspace }) => checkChangesets(workspace),
};

export async function checkChangesets(workspace: Workspace): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const announced = new Set<string>();
  const known = new Set(workspace.packages.map(({ name }) => name));
  for (const { file, names } of await readChangesets(workspace.root)) {
    for (const name of names) {
      announced.add(name);
      if (!known.has(name)) findings.push(error(`.changeset/${file}`, `names ${name}, which is no package here.`));
    }
  }
  for (const one of publicPackages(workspace)) {
    if (announced.has(one.name) || !(await changedSinceRelease(workspace.root, one))) continue;
    findings.push(
      error(
        one.path,
        `changed since its version ${one.manifest.version ?? ''} and has no changeset. Run: npm run pnpm -- changeset`,
      ),
    );
  }
  return findings;
}

async function readChangesets(root: string): Promise<readonly { file: string; names: readonly string[] }[]> {
  const folder = join(root, '.changeset');
  if (!existsSync(folder)) return [];
  const files = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md');
  return await Promise.all(
    files.map(async (file) => {
      const [, frontMatter = ''] = (await readFile(join(folder, file), 'utf8')).split(/^---\s*$/m);
      const names = [...frontMatter.matchAll(/^\s*['"]?([^'":]+)['"]?\s*:\s*(?:major|minor|patch)\s*$/gm)];
      return { file, names: names.map((match) => match[1] ?? '') };
    }),
  );
}

/** Since the commit that last set the version. Without a history only the first release can be judged. */
async function changedSinceRelease(root: string, one: Package): Promise<boolean> {
  if (one.manifest.version === '0.0.0') return true;
  const manifest = `${one.path}/package.json`;
  const last = await runProcess('git', ['log', '-1', '--format=%H', '-G"version":', '--', manifest], { cwd: root });
  const commit = last.stdout.trim();
  if (last.exitCode !== 0 || commit === '') return false;
  const published = ['src', 'package.json', 'models'].map((part) => `${one.path}/${part}`);
  const difference = await runProcess('git', ['diff', '--quiet', commit, '--', ...published], { cwd: root });
  return difference.exitCode === 1;
}
