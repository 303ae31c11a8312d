/** Gives each test run a temporary folder of its own, which goes with everything that tests leave in it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setup(): Promise<() => Promise<void>> {
  // A short name: sockets lie below it, and their paths may have 104 bytes on macOS.
  const folder = await mkdtemp(join(tmpdir(), 'st-'));
  process.env.TMPDIR = process.env.TEMP = folder;
  return () => rm(folder, { recursive: true, force: true });
}
