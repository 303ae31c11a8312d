import { describe, expect, test } from 'vitest';
import { createPeer, type Handlers, type Message, type Peer, type Port, RequestError } from './index.ts';

type Echo = {
  readonly echo: { readonly params: unknown; readonly progress: never; readonly result: unknown };
  readonly count: { readonly params: number; readonly progress: number; readonly result: string };
  readonly fail: { readonly params: string; readonly progress: never; readonly result: never };
  readonly wait: { readonly params: null; readonly progress: never; readonly result: never };
};
type None = Record<never, never>;

interface Pair {
  readonly asker: Peer<Echo>;
  readonly aborted: Promise<unknown>;
  readonly sent: Message[];
  cut(reason: string): void;
}

/** Two ends whose messages are cloned on the way, as between processes. */
function pair(): Pair {
  const listeners: ((message: Message) => void)[] = [];
  const closers: ((reason: string) => void)[] = [];
  const sent: Message[] = [];
  const port = (own: number): Port => ({
    send(message) {
      sent.push(message);
      const copy = structuredClone(message);
      queueMicrotask(() => listeners[1 - own]?.(copy));
    },
    onMessage: (listener) => {
      listeners[own] = listener;
    },
    onClose: (listener) => {
      closers[own] = listener;
    },
  });
  let tell: (reason: unknown) => void;
  const aborted = new Promise((resolve) => {
    tell = resolve;
  });
  const handlers: Handlers<Echo> = {
    echo: (params) => params,
    async count(to, { progress }) {
      for (let i = 1; i <= to; i++) progress(i);
      return 'counted';
    },
    fail(message) {
      throw Object.assign(new Error(message), { code: 'audio-decode' });
    },
    wait: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          tell(signal.reason);
          reject(signal.reason);
        });
      }),
  };
  const asker = createPeer<Echo, None>(port(0), {});
  createPeer<None, Echo>(port(1), handlers);
  return {
    asker,
    aborted,
    sent,
    cut: (reason) => {
      for (const close of closers) close(reason);
    },
  };
}

describe('a peer', () => {
  test('answers, and tells progress in order before the result', async () => {
    const { asker } = pair();
    const seen: number[] = [];
    expect(await asker.request('count', 3, { onProgress: (value) => seen.push(value) })).toBe('counted');
    expect(seen).toEqual([1, 2, 3]);
  });

  test('a typed error arrives with its code', async () => {
    const { asker } = pair();
    await expect(asker.request('fail', 'no sound')).rejects.toMatchObject({
      message: 'no sound',
      code: 'audio-decode',
    });
    await expect(asker.request('fail', 'no sound')).rejects.toBeInstanceOf(RequestError);
  });

  test('a method that is none is refused', async () => {
    const { asker } = pair();
    for (const name of ['nothing', 'toString', '__proto__']) {
      await expect(asker.request(name as 'echo', null)).rejects.toMatchObject({ code: 'method-unknown' });
    }
  });

  test('cancelling rejects at once and aborts the other end', async () => {
    const { asker, aborted } = pair();
    const controller = new AbortController();
    const request = asker.request('wait', null, { signal: controller.signal });
    const reason = new Error('not wanted any more');
    controller.abort(reason);
    await expect(request).rejects.toBe(reason);
    expect(await aborted).toMatchObject({ code: 'cancelled' });
  });

  test('a signal that has aborted sends nothing', async () => {
    const { asker, sent } = pair();
    await expect(asker.request('echo', 1, { signal: AbortSignal.abort(new Error('late')) })).rejects.toThrow('late');
    expect(sent).toEqual([]);
  });

  test('when the other end dies, what waits is rejected, what is answered is aborted, and what comes later is refused', async () => {
    const { asker, aborted, cut } = pair();
    const waiting = [asker.request('wait', null), asker.request('wait', null)];
    await Promise.resolve();
    await Promise.resolve();
    cut('it was killed');
    for (const request of waiting) {
      await expect(request).rejects.toMatchObject({ message: 'it was killed', code: 'connection-closed' });
    }
    expect(await aborted).toMatchObject({ code: 'connection-closed' });
    await expect(asker.request('echo', 1)).rejects.toMatchObject({ code: 'connection-closed' });
  });

  test('a port that throws closes the connection', async () => {
    const peer = createPeer<Echo, None>(
      {
        send() {
          throw new Error('channel closed');
        },
        onMessage() {},
        onClose() {},
      },
      {},
    );
    await expect(peer.request('echo', 1)).rejects.toMatchObject({ message: 'channel closed' });
  });

  test('parts of buffers arrive as parts, and own their memory', async () => {
    const { asker, sent } = pair();
    const whole = Float32Array.from([0, 1, 2, 3]);
    const result = await asker.request('echo', {
      part: whole.subarray(1, 3),
      list: [Buffer.from('ab')],
      plain: whole,
      nothing: null,
    });
    expect(result).toEqual({
      part: Float32Array.of(1, 2),
      list: [Uint8Array.of(97, 98)],
      plain: whole,
      nothing: null,
    });
    const params = (sent[0] as Extract<Message, { type: 'request' }>).params as { part: Float32Array; plain: unknown };
    expect(params.part.buffer.byteLength).toBe(8);
    expect(params.plain).toBe(whole);
    const [bytes] = (sent[0] as Extract<Message, { type: 'request' }> & { params: { list: Uint8Array[] } }).params.list;
    expect(bytes!.constructor).toBe(Uint8Array);
  });
});
