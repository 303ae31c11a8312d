import { ownBuffers } from './own-buffers.ts';
import type { Message, Port } from './wire.ts';
import { fromWireError, RequestError, toWireError } from './wire-error.ts';

/** What one end answers: parameters, what it tells on the way, and the result, by method. */
export type Methods = {
  readonly [method: string]: { readonly params: unknown; readonly progress: unknown; readonly result: unknown };
};

export interface CallContext<Progress> {
  /** Aborts when the other end cancels, or is gone. */
  readonly signal: AbortSignal;
  /** Tells how far it is. */
  readonly progress: (value: Progress) => void;
}

export type Handlers<Local extends Methods> = {
  readonly [Name in keyof Local]: (
    params: Local[Name]['params'],
    context: CallContext<Local[Name]['progress']>,
  ) => Promise<Local[Name]['result']> | Local[Name]['result'];
};

export interface RequestOptions<Progress> {
  /** When it aborts, the request rejects with its reason at once, and the other end is told. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((value: Progress) => void) | undefined;
}

/** One end of a connection. Both ends ask and answer; every request settles. */
export interface Peer<Remote extends Methods> {
  /** @throws RequestError what the other end threw, or `connection-closed` when it is gone */
  request<Name extends keyof Remote & string>(
    method: Name,
    params: Remote[Name]['params'],
    options?: RequestOptions<Remote[Name]['progress']>,
  ): Promise<Remote[Name]['result']>;
  /** Rejects what waits, aborts what is being answered. May be called more than once. @param reason for people */
  close(reason: string): void;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((value: never) => void) | undefined;
}

/** The same at both ends, and over any port: to a webview, and to a child process. */
export function createPeer<Remote extends Methods, Local extends Methods>(
  port: Port,
  handlers: Handlers<Local>,
): Peer<Remote> {
  const waiting = new Map<number, Waiting>();
  const answering = new Map<number, AbortController>();
  let lastId = 0;
  let closedBecause: string | undefined;

  const send = (message: Message): void => {
    if (closedBecause !== undefined) return;
    try {
      port.send(ownBuffers(message) as Message);
    } catch (error) {
      close(error instanceof Error ? error.message : String(error));
    }
  };
  const close = (reason: string): void => {
    if (closedBecause !== undefined) return;
    closedBecause = reason;
    const error = new RequestError(reason, 'connection-closed');
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    for (const controller of answering.values()) controller.abort(error);
    answering.clear();
  };
  const answer = async (id: number, method: string, params: unknown): Promise<void> => {
    const controller = new AbortController();
    answering.set(id, controller);
    const { signal } = controller;
    const progress = (value: unknown): void => {
      if (!signal.aborted) send({ type: 'progress', id, value });
    };
    try {
      if (!Object.hasOwn(handlers, method)) throw new RequestError(`There is no method ${method}`, 'method-unknown');
      send({ type: 'result', id, value: await handlers[method]!(params, { signal, progress }) });
    } catch (error) {
      send({ type: 'error', id, error: toWireError(error) });
    } finally {
      answering.delete(id);
    }
  };
  port.onMessage((message) => {
    if (closedBecause !== undefined) return;
    switch (message.type) {
      case 'request':
        void answer(message.id, message.method, message.params);
        return;
      case 'cancel':
        answering.get(message.id)?.abort(new RequestError('Cancelled', 'cancelled'));
        return;
      case 'progress':
        waiting.get(message.id)?.onProgress?.(message.value as never);
        return;
      case 'result':
        waiting.get(message.id)?.resolve(message.value);
        waiting.delete(message.id);
        return;
      case 'error':
        waiting.get(message.id)?.reject(fromWireError(message.error));
        waiting.delete(message.id);
    }
  });
  port.onClose(close);

  return {
    request(method, params, { signal, onProgress } = {}) {
      return new Promise((resolve, reject) => {
        if (closedBecause !== undefined) throw new RequestError(closedBecause, 'connection-closed');
        signal?.throwIfAborted();
        const id = ++lastId;
        const cancel = (): void => {
          waiting.delete(id);
          send({ type: 'cancel', id });
          reject(signal!.reason);
        };
        const settled =
          <Value>(settle: (value: Value) => void) =>
          (value: Value): void => {
            signal?.removeEventListener('abort', cancel);
            settle(value);
          };
        waiting.set(id, {
          resolve: settled(resolve as (value: unknown) => void),
          reject: settled(reject),
          onProgress,
        });
        signal?.addEventListener('abort', cancel, { once: true });
        send({ type: 'request', id, method, params });
      });
    },
    close,
  };
}
