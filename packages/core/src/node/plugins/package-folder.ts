import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';

/** The fields of a package.json that are used here; nothing in it has been checked yet. */
export type PackageJson = { readonly [field: string]: unknown };

/** npm's own rule, without its history of exceptions: no dots at the start, no path but one scope. */
const packageNamePattern = /^(?:@[a-z0-9~_-][a-z0-9._~-]*\/)?[a-z0-9~_-][a-z0-9._~-]*$/i;

/** Whether a text can be the name of a package, as opposed to a path. */
export function isPackageName(text: string): boolean {
  return text.length <= 214 && packageNamePattern.test(text) && text !== 'node_modules';
}

/**
 * The package.json of a folder; `undefined` where the folder has none.
 * @throws SpeechTokensError `file-read` when it is there but cannot be read as a JSON object
 */
export async function readPackageJson(directory: string): Promise<PackageJson | undefined> {
  const path = join(directory, 'package.json');
  const broken = (found: string, cause: unknown): SpeechTokensError =>
    new SpeechTokensError('file-read', {
      problem: `Cannot read ${path}`,
      found,
      wanted: 'a JSON object',
      remedy: 'Mend the file, or install the package again',
      details: { path },
      cause,
    });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isAbsence(cause)) return undefined;
    throw broken((cause as Error).message, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw broken((cause as Error).message, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw broken(Array.isArray(value) ? 'an array' : String(JSON.stringify(value)).slice(0, 40), undefined);
  }
  return value as PackageJson;
}

/**
 * The real folder of an installed package, looked up as Node.js does from a folder: in `node_modules` there and in
 * every folder above. Only folders are looked at, so a package whose `exports` hide its package.json is found too.
 */
export async function findPackageDirectory(packageName: string, fromDirectory: string): Promise<string | undefined> {
  let directory = await realpath(resolve(fromDirectory)).catch(() => resolve(fromDirectory));
  for (;;) {
    if (basename(directory) !== 'node_modules') {
      const candidate = join(directory, 'node_modules', packageName);
      if (await isFile(join(candidate, 'package.json'))) return realpath(candidate);
    }
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    directory = parent;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
