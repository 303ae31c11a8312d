// Other people's packages within a .vsix.
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The real folder of a package as another one finds it. */
export async function packageFolder(name, from) {
  for (let folder = await realpath(from); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return await realpath(candidate);
    if (folder === dirname(folder)) throw new Error(`${name} is not installed for ${from}`);
  }
}

/** Copies a package and all that it depends on. @returns their folders */
export async function copyPackage(name, from, to) {
  const folder = await packageFolder(name, from);
  await cp(folder, join(to, name), { recursive: true, filter: (path) => path !== join(folder, 'node_modules') });
  const { dependencies = {} } = await manifestOf(folder);
  const folders = [folder];
  for (const dependency of Object.keys(dependencies)) folders.push(...(await copyPackage(dependency, folder, to)));
  return folders;
}

/** Names, versions and licences, with the text of a licence where its package has one. */
export async function noticesOf(folders) {
  const notices = await Promise.all(
    [...new Set(folders)].map(async (folder) => {
      const { name, version, license, homepage, repository } = await manifestOf(folder);
      const address = homepage ?? (typeof repository === 'string' ? repository : repository?.url) ?? '';
      const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? '' : `\n${await readFile(join(folder, file), 'utf8')}`;
      return `${name} ${version}, ${license}\n${address}\n${text}`;
    }),
  );
  return notices.sort().join(`\n${'-'.repeat(80)}\n\n`);
}

async function manifestOf(folder) {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}
