import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface LocalServer {
  /** For example `http://127.0.0.1:40123`. */
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
  /** Those with a method, in order. */
  sent(method: string): readonly SeenRequest[];
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A server on the loopback address that goes away with the test. */
export async function startServer(handler: Handler): Promise<LocalServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const request = { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers };
    requests.push(request);
    response.on('error', () => undefined);
    void Promise.resolve(handler(request, response)).catch((error) => response.destroy(error as Error));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(
    () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  );
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sent: (method) => requests.filter((request) => request.method === method),
  };
}

export interface BodyOptions {
  readonly etag?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Answers 200 with everything, whatever was asked for. */
  readonly ignoreRange?: boolean;
  /** Sends so many bytes of this answer and then nothing more, with the connection open. */
  readonly stallAfterBytes?: number;
}

/** Answers with a file as static servers do: ranges, `If-Range`, entity tags. */
export function sendBytes(
  request: SeenRequest,
  response: ServerResponse,
  bytes: Uint8Array,
  options: BodyOptions = {},
): void {
  const { etag, ignoreRange, stallAfterBytes } = options;
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const condition = request.headers['if-range'];
  const start = range === null ? 0 : Number(range[1]);
  const isPartial = range !== null && ignoreRange !== true && (condition === undefined || condition === etag);
  const common = { 'accept-ranges': 'bytes', ...(etag !== undefined && { etag }), ...options.headers };
  if (isPartial && start >= bytes.length) {
    response.writeHead(416, { ...common, 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const body = isPartial ? bytes.subarray(start) : bytes;
  response.writeHead(isPartial ? 206 : 200, {
    ...common,
    'content-length': String(body.length),
    ...(isPartial && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  });
  if (request.method === 'HEAD') {
    response.end();
  } else if (stallAfterBytes !== undefined) {
    response.write(body.subarray(0, stallAfterBytes));
  } else {
    response.end(body);
  }
}

/**
 * Cuts connections in mid-body, each once its bytes have been taken up: what is still on its way when a connection
 * breaks is lost, so cutting at once would leave it to chance how far a download came.
 */
export interface Drops {
  send(
    request: SeenRequest,
    response: ServerResponse,
    bytes: Uint8Array,
    dropAfterBytes: number,
    more?: BodyOptions,
  ): void;
  readonly onProgress: (progress: { readonly done: number }) => void;
}

export function createDrops(): Drops {
  let pending: { readonly atByte: number; readonly response: ServerResponse } | undefined;
  return {
    send(request, response, bytes, dropAfterBytes, more = {}) {
      const isWhole = more.ignoreRange === true || request.headers.range === undefined;
      const start = isWhole ? 0 : Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
      pending = { atByte: start + dropAfterBytes, response };
      sendBytes(request, response, bytes, { ...more, stallAfterBytes: dropAfterBytes });
    },
    onProgress({ done }) {
      if (pending !== undefined && done >= pending.atByte) pending.response.destroy();
    },
  };
}
