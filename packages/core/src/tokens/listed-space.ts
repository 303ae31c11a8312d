import type { TokenSpace } from './token-space.ts';

/**
 * Whether a space is the one that a component lists. A component whose weights have hashes that are known before they
 * are there lists the very id. One whose weights are the newest of a hub repository lists its name alone
 * (`rvq:mimi`); once they are there, the id is that name, `#`, and a fingerprint of the files.
 */
export function isListedSpaceId(id: string, listedId: string): boolean {
  return id === listedId || id.startsWith(`${listedId}#`);
}

/** A listed space under the id of a loaded one, where that is the one it stands for. */
export function settleListedSpace(listed: TokenSpace, loadedId: string): TokenSpace {
  return isListedSpaceId(loadedId, listed.id) ? { ...listed, id: loadedId } : listed;
}
