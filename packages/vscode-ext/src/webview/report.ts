import type { TokensFound } from '../document/index.ts';
import type { ShownTokens } from '../host/editor-methods.ts';
import type { Host } from './host-port.ts';

/** Tells the host what the page shows: for its status bar, and for the steps of the walkthrough. */
export interface Report {
  tokens(shown: readonly TokensFound[]): void;
  played(): void;
}

export function createReport(peer: Host['peer']): Report {
  let tokens: readonly ShownTokens[] = [];
  let hasPlayed = false;
  let told = JSON.stringify(tokens);
  const tell = (): void => {
    const next = JSON.stringify([tokens, hasPlayed]);
    if (next === told) return;
    told = next;
    peer.request('showing', { tokens, hasPlayed }).catch(() => {});
  };
  return {
    tokens(shown) {
      tokens = shown.map(({ title, tokenRateHz, bitrateBps }) => ({
        title,
        ...(tokenRateHz === undefined ? {} : { tokenRateHz }),
        ...(bitrateBps === undefined ? {} : { bitrateBps }),
      }));
      tell();
    },
    played() {
      hasPlayed = true;
      tell();
    },
  };
}
