import {
  type CallOptions,
  type ChooseToken,
  createCallQueue,
  type LanguageModelSession,
  type SpeechLanguageModelV0,
  SpeechTokensError,
  type TokenStream,
} from '../../src/index.ts';

const streams: readonly TokenStream[] = [
  { name: 'heard', role: 'in', vocabularySize: 7 },
  { name: 'coarse', role: 'out', vocabularySize: 40 },
  { name: 'fine', role: 'out', vocabularySize: 30 },
];
const contextSteps = 32;

/** A model whose logits are a hash of all that it has read: it keeps every promise, and knows nothing. */
export function createReferenceLanguageModel(): SpeechLanguageModelV0 {
  const life = { isClosed: false };
  return {
    specificationVersion: 'v0',
    streams,
    contextSteps,
    async open() {
      if (life.isClosed) throw closed();
      return new ReferenceSession(life, []);
    },
    async close() {
      life.isClosed = true;
    },
  };
}

class ReferenceSession implements LanguageModelSession {
  readonly #model: { readonly isClosed: boolean };
  readonly #queue = createCallQueue();
  /** All ids so far. */
  #past: readonly number[];
  #isClosed = false;

  constructor(model: { readonly isClosed: boolean }, past: readonly number[]) {
    this.#model = model;
    this.#past = past;
  }

  get stepCount(): number {
    return this.#past.length / streams.length;
  }

  step(rows: Int32Array, choose?: ChooseToken, { signal }: CallOptions = {}): Promise<Int32Array> {
    let before: readonly number[] | undefined;
    return this.#queue.run({
      signal,
      perform: async () => {
        this.#assertOpen();
        this.#assertFits(rows);
        before = this.#past;
        this.#past = [...this.#past, ...rows];
        // A step that is worth aborting.
        for (let turn = 0; turn < 3; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
          signal?.throwIfAborted();
        }
        const chosen = new Int32Array(streams.length).fill(-1);
        if (choose === undefined) return chosen;
        for (const [stream, { role, vocabularySize }] of streams.entries()) {
          if (role !== 'out') continue;
          const seen = [...this.#past, ...chosen.subarray(0, stream), stream];
          chosen[stream] = await choose({ stream }, logitsOf(seen, vocabularySize));
        }
        return chosen;
      },
      undo: () => {
        if (before !== undefined) this.#past = before;
      },
    });
  }

  rollback(stepCount: number): Promise<void> {
    return this.#inTurn(() => {
      this.#past = this.#past.slice(0, stepCount * streams.length);
    });
  }

  fork(): Promise<LanguageModelSession> {
    return this.#inTurn(() => new ReferenceSession(this.#model, this.#past));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #inTurn<Result>(call: () => Result): Promise<Result> {
    return this.#queue.run({
      perform: () => {
        this.#assertOpen();
        return call();
      },
    });
  }

  #assertOpen(): void {
    if (this.#isClosed || this.#model.isClosed) throw closed();
  }

  #assertFits(rows: Int32Array): void {
    const steps = rows.length / streams.length;
    const areIds = rows.every((id, i) => id >= -1 && id < streams[i % streams.length]!.vocabularySize);
    if (Number.isInteger(steps) && steps > 0 && areIds && this.stepCount + steps <= contextSteps) return;
    throw new SpeechTokensError('argument-invalid', {
      problem: 'These rows cannot be read',
      remedy: 'Give others',
      details: { argument: 'rows' },
    });
  }
}

function logitsOf(seen: readonly number[], vocabularySize: number): Float32Array {
  return Float32Array.from({ length: vocabularySize }, (_, id) => {
    let hash = id;
    for (const value of seen) {
      hash = Math.imul(hash ^ (value + 2), 0x7feb352d);
      hash ^= hash >>> 15;
    }
    return (hash >>> 8) / 2 ** 22;
  });
}

function closed(): SpeechTokensError {
  return new SpeechTokensError('session-closed', { problem: 'It was closed', remedy: 'Open another one', details: {} });
}
