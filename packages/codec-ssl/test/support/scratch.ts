import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const root = await mkdtemp(join(tmpdir(), 'codec-ssl-'));
afterAll(() => rm(root, { recursive: true, force: true }));

/** An empty folder that goes away after all tests of the file. */
export function scratchFolder(): Promise<string> {
  return mkdtemp(join(root, 'scratch-'));
}
