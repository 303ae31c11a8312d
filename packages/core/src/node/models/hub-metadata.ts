import type { ModelSource } from '../../contract/model-file.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { failedAnswer, failedConnection, type RemoteFile } from './http-errors.ts';
import { sendRequest } from './http-request.ts';
import { type Attempt, withRetries } from './retry.ts';
import { createStallGuard } from './stall-guard.ts';
import type { StoreSettings } from './store-options.ts';

export type HubSource = Extract<ModelSource, { readonly type: 'hub' }>;

/** What the hub says about a file before any of it is downloaded. */
export interface HubMetadata {
  readonly commit: string;
  readonly sizeBytes?: number;
  /** Of a file in large file storage. */
  readonly sha256?: string;
  /** Of a file in git itself. */
  readonly gitBlobSha1?: string;
}

/** Address of a file of the hub at a revision. Slashes of a branch's name are part of the name, not of the path. */
export function hubUrl(endpoint: string, { repository, revision, file }: Omit<HubSource, 'type'>): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${path}`;
}

/** How messages and requests name a file of the hub, and the token that goes with it. */
export async function hubRemote(
  settings: StoreSettings,
  source: HubSource,
): Promise<{ readonly remote: RemoteFile; readonly token: { origin: string; value: string } | undefined }> {
  const value = await settings.readHubToken();
  const { hubEndpoint: endpoint } = settings;
  const { repository, revision, file } = source;
  return {
    remote: {
      url: hubUrl(endpoint, source),
      hub: { endpoint, repository, revision, file, hasToken: value !== undefined },
    },
    token: value === undefined ? undefined : { origin: new URL(endpoint).origin, value },
  };
}

/**
 * Asks the hub for the commit, size and hash of a file. The protocol is that of `huggingface_hub`
 * (`get_hf_file_metadata` in `file_download.py`): the first answer carries them in its headers, and redirects to the
 * storage from there.
 * @throws SpeechTokensError `model-download`
 */
export async function readHubMetadata(
  settings: StoreSettings,
  source: HubSource,
  signal: AbortSignal | undefined,
): Promise<HubMetadata> {
  const { remote, token } = await hubRemote(settings, source);
  return withRetries(settings.retry, signal, async (): Promise<Attempt<HubMetadata>> => {
    const guard = createStallGuard(settings.stallTimeoutMs, signal);
    try {
      const { response } = await sendRequest({
        method: 'HEAD',
        url: remote.url,
        token,
        fetch: settings.fetch,
        signal: guard.signal,
        // Renamed repositories redirect without these.
        stopAt: ({ headers }) => headers.has('x-linked-etag') || headers.has('x-repo-commit'),
      });
      await response.body?.cancel();
      if (response.status >= 400) return failedAnswer(response, remote);
      return { done: true, value: parseMetadata(response, remote) };
    } catch (cause) {
      signal?.throwIfAborted();
      return failedConnection(cause, remote, guard.hasStalled() ? settings.stallTimeoutMs : undefined);
    } finally {
      guard.stop();
    }
  });
}

function parseMetadata(response: Response, remote: RemoteFile): HubMetadata {
  const { headers, status } = response;
  const commit = headers.get('x-repo-commit');
  if (commit === null || !/^[0-9a-f]{40}$/.test(commit)) {
    throw new SpeechTokensError('model-download', {
      problem: `The server of ${remote.url} does not answer as the hub does`,
      found: commit === null ? `no header x-repo-commit (status ${status})` : `x-repo-commit ${commit.slice(0, 60)}`,
      wanted: 'the commit that the file is of, as 40 hexadecimal digits',
      remedy: 'Check HF_ENDPOINT',
      details: { url: remote.url, status },
    });
  }
  const etag = plainEtag(headers.get('x-linked-etag') ?? headers.get('etag'));
  // The length of an answer that redirects is not the file's.
  const length = headers.get('x-linked-size') ?? (status < 300 ? headers.get('content-length') : null);
  const sizeBytes = length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
  return {
    commit,
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(etag !== undefined && /^[0-9a-f]{64}$/.test(etag) && { sha256: etag }),
    ...(etag !== undefined && /^[0-9a-f]{40}$/.test(etag) && { gitBlobSha1: etag }),
  };
}

/** An entity tag without its quotes and its mark of weakness. */
function plainEtag(header: string | null): string | undefined {
  return header === null ? undefined : header.replace(/^W\//, '').replace(/^"|"$/g, '');
}
