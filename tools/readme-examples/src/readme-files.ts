import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The READMEs of the root, the packages, the examples and the tools, from the root, with forward slashes. */
export async function readmeFiles(root: string): Promise<readonly string[]> {
  const folders = ['.'];
  for (const parent of ['packages', 'examples', 'tools']) {
    if (!existsSync(join(root, parent))) continue;
    folders.push(...(await readdir(join(root, parent))).sort().map((name) => `${parent}/${name}`));
  }
  return folders
    .map((folder) => (folder === '.' ? 'README.md' : `${folder}/README.md`))
    .filter((file) => existsSync(join(root, file)));
}
