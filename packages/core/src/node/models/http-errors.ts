import { isSpeechTokensError, SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import type { FailedAttempt } from './retry.ts';

/** What an address belongs to, as far as messages about it differ. */
export interface RemoteFile {
  readonly url: string;
  /** Where it is a file of the hub. */
  readonly hub?: {
    readonly endpoint: string;
    readonly repository: string;
    readonly revision: string;
    readonly file: string;
    readonly hasToken: boolean;
  };
}

/** Answers after which another try may go better. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Turns an answer other than success into a failed try, or throws where another try would not help.
 * @throws SpeechTokensError `model-download`
 */
export function failedAnswer(response: Response, remote: RemoteFile): FailedAttempt {
  const { status, headers } = response;
  const waitMs = status === 429 || status === 503 ? retryAfterMs(headers.get('retry-after')) : undefined;
  const hubCode = headers.get('x-error-code') ?? undefined;
  const found = [`the answer ${status} ${response.statusText}`.trim(), hubCode].filter(Boolean).join(', ');
  const error = new SpeechTokensError('model-download', {
    problem: `Cannot download ${remote.url}`,
    found,
    remedy: remedyFor(status, hubCode, waitMs, remote),
    details: {
      url: remote.url,
      status,
      ...(waitMs !== undefined && { retryAfterSeconds: Math.ceil(waitMs / 1000) }),
    },
  });
  if (!passingStatuses.has(status)) throw error;
  return { done: false, error, ...(waitMs !== undefined && { waitMs }) };
}

/** Turns a connection that failed into a failed try; errors of this project pass through. */
export function failedConnection(cause: unknown, remote: RemoteFile, stalledAfterMs?: number): FailedAttempt {
  if (isSpeechTokensError(cause)) throw cause;
  const root = (cause as { readonly cause?: { readonly code?: string; readonly message?: string } } | undefined)?.cause;
  const message = root?.code ?? root?.message ?? (cause instanceof Error ? cause.message : String(cause));
  const error = new SpeechTokensError('model-download', {
    problem: `Cannot download ${remote.url}`,
    found: stalledAfterMs === undefined ? `a broken connection (${message})` : `no data for ${stalledAfterMs / 1000} s`,
    remedy: 'Check the network and run it again: what has arrived is kept, and it goes on from there',
    details: { url: remote.url },
    cause,
  });
  return { done: false, error };
}

function remedyFor(
  status: number,
  hubCode: string | undefined,
  waitMs: number | undefined,
  { hub }: RemoteFile,
): string {
  if (status === 429) {
    const wait = waitMs === undefined ? 'Wait a while' : `Wait ${Math.ceil(waitMs / 1000)} s`;
    return `${wait} and run it again: the server gets too many requests${hub?.hasToken === false ? '; with HF_TOKEN it allows more' : ''}`;
  }
  if (status >= 500 || status === 408 || status === 425) return 'The server has a problem: run it again later';
  if (hub === undefined) {
    if (status === 401 || status === 403)
      return 'The server wants a login: download the file by hand and give its path';
    return 'Check the address';
  }
  const page = `${hub.endpoint}/${hub.repository}`;
  const spelling = `the name of the repository (${hub.repository})`;
  const token = hub.hasToken ? 'Check that HF_TOKEN is valid and may read it' : `Set HF_TOKEN to an access token`;
  if (hubCode === 'GatedRepo' || status === 403) {
    return hub.hasToken
      ? `Agree to the terms at ${page} with the account of your HF_TOKEN, and check that the token may read it`
      : `Agree to the terms at ${page}, and set HF_TOKEN to an access token of that account`;
  }
  if (hubCode === 'RepoNotFound' || status === 401) {
    return `Check ${spelling}; if it is private or gated: ${token}, after agreeing to its terms at ${page}`;
  }
  if (hubCode === 'RevisionNotFound') return `Check the revision (${hub.revision}) at ${page}`;
  if (hubCode === 'EntryNotFound') return `Check the name of the file (${hub.file}) at ${page}/tree/${hub.revision}`;
  if (status === 404)
    return `Check ${spelling}, of the file (${hub.file}) and of the revision (${hub.revision}) at ${page}`;
  return `Look at ${page}`;
}

/** Milliseconds of a `Retry-After` header: seconds, or a date. */
export function retryAfterMs(header: string | null, nowMs: number = Date.now()): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
