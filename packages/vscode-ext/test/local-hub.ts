import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const commit = 'c'.repeat(40);

export interface LocalHub {
  /** For `HF_ENDPOINT`. */
  readonly address: string;
  /** Method, path and range of what was asked so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/**
 * A hub with one repository, as a user's machine sees it: a branch that resolves to a commit, hashes in the headers, a
 * redirection to where files are stored, and ranges.
 * @param stalling file whose first download stops in the middle, with the connection open
 */
export async function startLocalHub(
  repository: string,
  files: { readonly [name: string]: Uint8Array },
  stalling?: string,
): Promise<LocalHub> {
  const requests: string[] = [];
  let hasStalled = false;
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push([method, url, headers.range].filter((part) => part !== undefined).join(' '));
    const [, place, name = ''] = /^\/(.+)\/(?:main|c{40})\/(.+)$/.exec(decodeURIComponent(url)) ?? [];
    const bytes = files[name];
    if (bytes === undefined) response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    else if (place === `${repository}/resolve`) redirect(response, name, bytes);
    else if (name !== stalling || hasStalled || method === 'HEAD') send(request, response, bytes);
    else {
      hasStalled = true;
      response.writeHead(200, { 'content-length': bytes.length, etag: '"one"' });
      response.write(bytes.subarray(0, bytes.length >> 1));
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function redirect(response: ServerResponse, name: string, bytes: Uint8Array): void {
  response
    .writeHead(302, {
      location: `/stored/${commit}/${name}`,
      'x-repo-commit': commit,
      'x-linked-etag': `"${createHash('sha256').update(bytes).digest('hex')}"`,
      'x-linked-size': String(bytes.length),
    })
    .end();
}

function send({ method, headers }: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  const range = start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {};
  const body = bytes.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length, etag: '"one"', ...range });
  response.end(method === 'HEAD' ? undefined : body);
}
