import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { SpeechTokensError } from '@speech-tokens/core';

const endings = new Set(['.wav', '.flac', '.mp3', '.ogg', '.oga', '.opus', '.aif', '.aiff', '.aifc']);

/**
 * Absolute paths of recordings: files as they are named, and in folders, at any depth, everything that ends like one. In
 * a fixed order, each once.
 * @throws SpeechTokensError `file-read` for what is not there, and for a folder without recordings
 */
export async function findRecordings(args: readonly string[], cwd: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const argument of args) {
    const path = resolve(cwd, argument);
    const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
      throw cannotRead(argument, cause.code === 'ENOENT' ? 'no such file or folder' : cause.message, 'Check the path');
    });
    if (!stats.isDirectory()) {
      found.add(path);
      continue;
    }
    const inside = await recordingsIn(path);
    if (inside.length === 0)
      throw cannotRead(argument, 'a folder without recordings', `Name one with ${[...endings].join(', ')}`);
    for (const recording of inside) found.add(recording);
  }
  return [...found];
}

async function recordingsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && endings.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function cannotRead(path: string, found: string, remedy: string): SpeechTokensError<'file-read'> {
  return new SpeechTokensError('file-read', { problem: `${path} cannot be read`, found, remedy, details: { path } });
}
