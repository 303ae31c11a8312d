import { sha256 } from '../bytes/sha256.ts';
import type { JsonData } from './token-space.ts';

/**
 * Twelve hexadecimal digits that change with any file that decides what ids mean, and with any setting. Behind the id of a
 * component and `#`, they make the id of a loaded token space (see `isListedSpaceId`).
 * @param sha256s of every file that is read, in a fixed order, in lower-case hex
 * @param settings whatever else decides; leave it out where there is nothing
 */
export function fileFingerprint(sha256s: readonly string[], settings?: JsonData): string {
  const all = settings === undefined ? sha256s : [...sha256s, JSON.stringify(settings)];
  return sha256(new TextEncoder().encode(all.join(' '))).slice(0, 12);
}
