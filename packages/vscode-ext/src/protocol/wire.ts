import type { WireError } from './wire-error.ts';

/** What goes over a port: plain data that survives `structuredClone`. Ids are those of the end that asks. */
export type Message =
  | { readonly type: 'request'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: WireError };

/** A way to the other end: messages arrive whole and in order. */
export interface Port {
  send(message: Message): void;
  /** Called once, before the first message is expected. */
  onMessage(listener: (message: Message) => void): void;
  /** The other end is gone; with the reason, for people. */
  onClose(listener: (reason: string) => void): void;
}
