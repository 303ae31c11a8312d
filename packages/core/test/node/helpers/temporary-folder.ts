import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Real path of an empty folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'speech-tokens-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
