/** Events between the one who makes them and one listener, in order. Few are held: whoever makes them waits. */
export interface EventQueue<Event> {
  /**
   * Adds an event as soon as fewer are held than the queue has room for. Resolves when it was added; or when it will not
   * be, because the signal aborted or nothing is given out any more.
   */
  put(event: Event, signal?: AbortSignal): Promise<void>;
  /** Adds an event that must not wait, also where there is no room. */
  putNow(event: Event): void;
  /** Takes events back that the listener has not got. */
  remove(isMeant: (event: Event) => boolean): readonly Event[];
  /** Nothing more comes: what is held is given out, then the iteration ends. */
  end(): void;
  /** Likewise, and then the iteration throws, once. */
  fail(error: unknown): void;
  /** Ends at once, and drops what is held. */
  cut(): void;
  readonly events: AsyncIterableIterator<Event>;
}

export interface EventQueueOptions<Event> {
  /** Events that are held for the listener, at least 1. */
  readonly capacity: number;
  /** The listener gets an event now: in the same moment in which it leaves the queue. */
  onTake?(event: Event): void;
  /** The listener has left the iteration. */
  onLeave(): void;
}

interface Taker<Event> {
  resolve(result: IteratorResult<Event, undefined>): void;
  reject(error: unknown): void;
}

interface Waiting<Event> {
  readonly event: Event;
  settle(): void;
}

export function createEventQueue<Event>({ capacity, onTake, onLeave }: EventQueueOptions<Event>): EventQueue<Event> {
  const held: Event[] = [];
  const takers: Taker<Event>[] = [];
  let waiting: Waiting<Event>[] = [];
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;

  const add = (event: Event): void => {
    const taker = takers.shift();
    if (taker === undefined) {
      held.push(event);
      return;
    }
    onTake?.(event);
    taker.resolve({ done: false, value: event });
  };
  const admit = (): void => {
    while (held.length < capacity) {
      const next = waiting.shift();
      if (next === undefined) return;
      add(next.event);
      next.settle();
    }
  };
  const finish = (): void => {
    isEnded = true;
    const left = waiting;
    waiting = [];
    for (const { settle } of left) settle();
    for (const taker of takers.splice(0)) settleAtEnd(taker);
  };
  const settleAtEnd = (taker: Taker<Event>): void => {
    if (failure === undefined) {
      taker.resolve({ done: true, value: undefined });
      return;
    }
    const { error } = failure;
    failure = undefined;
    taker.reject(error);
  };
  const cut = (): void => {
    held.length = 0;
    finish();
  };

  return {
    put(event, signal) {
      if (isEnded || signal?.aborted === true) return Promise.resolve();
      if (held.length < capacity) {
        add(event);
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const abort = (): void => {
          waiting = waiting.filter((other) => other !== entry);
          resolve();
        };
        const entry: Waiting<Event> = {
          event,
          settle() {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        waiting.push(entry);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
    putNow(event) {
      if (!isEnded) add(event);
    },
    remove(isMeant) {
      const meant = held.filter((event) => isMeant(event));
      const others = held.filter((event) => !meant.includes(event));
      held.splice(0, held.length, ...others);
      admit();
      return meant;
    },
    end: finish,
    fail(error) {
      if (!isEnded) failure = { error };
      finish();
    },
    cut,
    events: {
      next: () =>
        new Promise((resolve, reject) => {
          if (held.length > 0) {
            const event = held.shift()!;
            onTake?.(event);
            resolve({ done: false, value: event });
            admit();
          } else if (isEnded) {
            settleAtEnd({ resolve, reject });
          } else {
            takers.push({ resolve, reject });
          }
        }),
      async return() {
        failure = undefined;
        cut();
        onLeave();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}
