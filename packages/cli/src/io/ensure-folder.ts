import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SpeechTokensError } from '@speech-tokens/core';
import { standardStream } from './output-paths.ts';

/** Makes the folder of an output. @throws SpeechTokensError `file-write` */
export async function ensureFolder(output: string): Promise<void> {
  if (output === standardStream) return;
  const folder = dirname(output);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new SpeechTokensError('file-write', {
      problem: `The folder ${folder} cannot be made`,
      found: code === 'EEXIST' || code === 'ENOTDIR' ? 'a file in its place' : code,
      remedy: 'Check the path and its permissions, or write elsewhere with --out',
      details: { path: folder },
      cause,
    });
  }
}
