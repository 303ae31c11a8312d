import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

const commit = 'c'.repeat(40);

/**
 * A hub with one repository, as a user's machine sees it: a branch that resolves to a commit, hashes of large files in
 * the headers, and a redirection to where they are stored. It goes away with the test.
 * @returns its address
 */
export async function startLocalHub(
  repository: string,
  files: { readonly [name: string]: Uint8Array },
): Promise<string> {
  const server = createServer((request, response) => answer(repository, files, request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(
    () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answer(
  repository: string,
  files: { readonly [name: string]: Uint8Array },
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
): void {
  const [, place, name = ''] = /^\/(.+)\/(?:main|c{40})\/(.+)$/.exec(decodeURIComponent(url)) ?? [];
  const bytes = files[name];
  if (bytes === undefined) {
    response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
  } else if (place === `${repository}/resolve`) {
    const headers = {
      location: `/stored/${commit}/${name}`,
      'x-repo-commit': commit,
      'x-linked-etag': `"${createHash('sha256').update(bytes).digest('hex')}"`,
      'x-linked-size': String(bytes.length),
    };
    response.writeHead(302, headers).end();
  } else {
    response.writeHead(200, { 'content-length': bytes.length }).end(method === 'HEAD' ? undefined : bytes);
  }
}
