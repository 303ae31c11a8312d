import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../process.ts';
import { sourceFiles } from '../workspace.ts';

/** Files that are committed or would be, absolute; outside of a git checkout, every file but dependencies and outputs. */
export async function committedFiles(root: string): Promise<readonly string[]> {
  const listed = existsSync(join(root, '.git'))
    ? await runProcess('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root })
    : undefined;
  if (listed === undefined || listed.exitCode !== 0) return await sourceFiles(root, /./);
  return listed.stdout
    .split('\0')
    .filter((name) => name !== '')
    .map((name) => join(root, name))
    .filter((file) => existsSync(file));
}

/** The text of a file; nothing where it is binary. */
export async function textOf(file: string): Promise<string | undefined> {
  const bytes = await readFile(file);
  return bytes.subarray(0, 8192).includes(0) ? undefined : bytes.toString('utf8');
}
