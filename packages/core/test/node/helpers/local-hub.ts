import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ModelFile } from '../../../src/index.ts';
import { type LocalServer, type SeenRequest, sendBytes, startServer } from './local-server.ts';

export const commitA: string = 'a'.repeat(40);
export const commitB: string = 'b'.repeat(40);

export interface LocalHub {
  readonly hub: LocalServer;
  /** Where files of the large file storage are. */
  readonly storage: LocalServer;
  readonly branches: { [name: string]: string };
  /** By `commit/file`. */
  readonly files: { [place: string]: Uint8Array };
}

export interface LocalHubOptions {
  readonly files: { readonly [place: string]: Uint8Array };
  readonly branches?: { readonly [name: string]: string };
  /** Files that are in git itself and not in the large file storage. */
  readonly inGit?: readonly string[];
  /** Answers a download in place of the storage; returns false to let the storage answer. */
  readonly onDownload?: (
    request: SeenRequest,
    response: ServerResponse,
    bytes: Uint8Array,
    count: number,
  ) => boolean | Promise<boolean>;
  /** Answers in place of the hub; returns false to let the hub answer. */
  readonly onHub?: (request: SeenRequest, response: ServerResponse, count: number) => boolean;
}

/** A hub with one repository, `voices/tiny`, which sends its large files to a second server, as the real one does. */
export async function startHub(options: LocalHubOptions): Promise<LocalHub> {
  const files = { ...options.files };
  const branches: { [name: string]: string } = { main: commitA, ...options.branches };
  let downloads = 0;
  let questions = 0;
  const answer = async (request: SeenRequest, response: ServerResponse, bytes: Uint8Array): Promise<void> => {
    if (request.method === 'GET' && (await options.onDownload?.(request, response, bytes, ++downloads))) return;
    sendBytes(request, response, bytes, { etag: `"${sha256(bytes).slice(0, 8)}-storage"` });
  };
  const storage = await startServer(async (request, response) => {
    const bytes = files[decodeURIComponent(request.path.slice(1))];
    if (bytes === undefined) response.writeHead(404).end();
    else await answer(request, response, bytes);
  });
  const hub = await startServer(async (request, response) => {
    if (options.onHub?.(request, response, ++questions)) return;
    const [, repository, revision = '', file = ''] = /^\/(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(request.path) ?? [];
    const commit = branches[decodeURIComponent(revision)] ?? revision;
    const place = `${commit}/${decodeURIComponent(file)}`;
    const bytes = files[place];
    if (repository !== 'voices/tiny') {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    } else if (bytes === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    } else if (options.inGit?.includes(decodeURIComponent(file))) {
      const headers = { 'x-repo-commit': commit };
      if (request.method === 'GET' && (await options.onDownload?.(request, response, bytes, ++downloads))) return;
      sendBytes(request, response, bytes, { etag: `"${gitBlobSha1(bytes)}"`, headers });
    } else {
      const headers = {
        location: `${storage.origin}/${encodeURIComponent(place)}`,
        'x-repo-commit': commit,
        'x-linked-etag': `"${sha256(bytes)}"`,
        'x-linked-size': String(bytes.length),
      };
      response.writeHead(302, headers).end(request.method === 'GET' ? 'Found. Redirecting.' : undefined);
    }
  });
  return { hub, storage, branches, files };
}

/** A file of the repository of `startHub`. */
export function hubFile(file: string, more: Partial<ModelFile> = {}, revision = 'main'): ModelFile {
  const name = file.split('/').at(-1) ?? file;
  return { name, licence: 'MIT', source: { type: 'hub', repository: 'voices/tiny', revision, file }, ...more };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function gitBlobSha1(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Bytes without a period, so that a wrong offset shows. */
export function someBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let word = seed;
  for (let index = 0; index < length; index++) {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    bytes[index] = word >>> 24;
  }
  return bytes;
}
