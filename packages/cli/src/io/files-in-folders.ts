import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../exit-codes.ts';
import { cannotRead } from './input-source.ts';
import { standardStream } from './output-paths.ts';

/** What is looked for in folders. */
export interface FileKind {
  readonly name: string;
  /** Of names in lower case. */
  readonly endings: readonly string[];
}

export const recordings: FileKind = {
  name: 'recordings',
  endings: ['.wav', '.flac', '.mp3', '.ogg', '.oga', '.opus', '.aif', '.aiff', '.aifc'],
};

export const tokenFiles: FileKind = {
  name: 'token files',
  endings: ['.tokens.safetensors', '.tokens.json', '.tokens.npy', '.ecdc'],
};

/** A file to work on. */
export interface FoundFile {
  /** As it was named, or the folder as it was named and the path in it; `-` is standard input. */
  readonly input: string;
  /** Where it was found in a folder that was named: the folders between that one and it, empty if there are none. */
  readonly within?: string;
}

/**
 * Files as they are named, and in folders, at any depth, everything that ends like one of its kind. In a fixed order, each
 * once. What begins with a dot is passed over; folders behind symbolic links are not entered.
 * @param requireAll whether a file that is not there is an error here; else it is found missing where it is opened
 * @throws SpeechTokensError `file-read` for a folder that cannot be read or holds none
 * @throws UsageError for standard input twice
 */
export async function filesIn(
  args: readonly string[],
  cwd: string,
  kind: FileKind,
  { requireAll = false }: { readonly requireAll?: boolean } = {},
): Promise<readonly FoundFile[]> {
  if (args.filter((argument) => argument === standardStream).length > 1) {
    throw new UsageError('Standard input (-) can be read only once');
  }
  const found = new Map<string, FoundFile>();
  for (const argument of args) {
    if (argument === standardStream) {
      found.set(argument, { input: argument });
      continue;
    }
    const path = resolve(cwd, argument);
    const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      if (!requireAll) return undefined;
      throw cannotRead(argument, cause.code === 'ENOENT' ? 'no such file or folder' : cause.message, 'Check the path');
    });
    if (stats?.isDirectory() !== true) {
      found.set(path, { input: argument });
      continue;
    }
    const inside = await walk(argument, path, kind);
    if (inside.length === 0) {
      throw cannotRead(argument, `a folder without ${kind.name}`, `Name one with ${kind.endings.join(', ')}`);
    }
    for (const { folder, name } of inside) {
      const within = relative(path, folder);
      const file = join(folder, name);
      if (!found.has(file)) found.set(file, { input: join(argument, within, name), within });
    }
  }
  return [...found.values()];
}

interface Place {
  readonly folder: string;
  readonly name: string;
}

async function walk(argument: string, folder: string, kind: FileKind): Promise<readonly Place[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw cannotRead(argument, `${folder}: ${cause.code ?? cause.message}`, 'Check its permissions', cause);
  });
  const places: Place[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry;
    if (name.startsWith('.')) continue;
    if (entry.isDirectory()) places.push(...(await walk(argument, join(folder, name), kind)));
    else if (kind.endings.some((ending) => name.toLowerCase().endsWith(ending)) && (await isFile(entry, folder)))
      places.push({ folder, name });
  }
  return places;
}

async function isFile(entry: { isFile(): boolean; readonly name: string }, folder: string): Promise<boolean> {
  return entry.isFile() || ((await stat(join(folder, entry.name)).catch(() => undefined))?.isFile() ?? false);
}
