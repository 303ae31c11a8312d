import { readFileSync } from 'node:fs';

/** Version of this package; read when asked for, and the same from sources and from the build. */
export function cliVersion(): string {
  const json: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String((json as { version?: unknown }).version);
}
