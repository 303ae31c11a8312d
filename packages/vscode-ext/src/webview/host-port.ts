import type { HostMethods, PageMethods } from '../host/editor-methods.ts';
import { createPeer, type Handlers, type Message, type Peer } from '../protocol/index.ts';

/** What the editor gives to a page. */
interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): EditorApi;

export interface Host {
  readonly peer: Peer<HostMethods>;
  /** What was kept the last time, also by a page before this one. */
  keptState(): unknown;
  keepState(state: unknown): void;
}

export function connectHost(handlers: Handlers<PageMethods>): Host {
  const api = acquireVsCodeApi();
  const peer = createPeer<HostMethods, PageMethods>(
    {
      send: (message) => api.postMessage(message),
      onMessage: (listener) => addEventListener('message', ({ data }: MessageEvent<Message>) => listener(data)),
      // The page ends with the connection.
      onClose() {},
    },
    handlers,
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    peer,
    keptState: () => api.getState(),
    keepState(state) {
      // Not for every step of a movement.
      clearTimeout(timer);
      timer = setTimeout(() => api.setState(state), 100);
    },
  };
}
