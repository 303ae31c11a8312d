import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, relative, sep } from 'node:path';

/** A file where it really lies, with symbolic links followed; the path itself where it cannot be looked up. */
export async function realFile(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

/** The deepest folder that holds all of these files, itself or below it. */
export function commonDirectory(paths: readonly string[]): string {
  let directory = dirname(paths[0] ?? '.');
  for (const path of paths) {
    while (!contains(directory, path) && dirname(directory) !== directory) directory = dirname(directory);
  }
  return directory;
}

function contains(directory: string, path: string): boolean {
  const inside = relative(directory, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
