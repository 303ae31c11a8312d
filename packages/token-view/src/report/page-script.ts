import { readFile } from 'node:fs/promises';

/** The script that a report page runs, as it was built with this package. */
export function readPageScript(): Promise<string> {
  return readFile(new URL('../../dist/page-script.js', import.meta.url), 'utf8');
}
