import {
  type ChooseToken,
  createCallQueue,
  type LanguageModelSession,
  type SpeechLanguageModelV0,
  SpeechTokensError,
  type TokenStream,
} from '@speech-tokens/core';
import type { Decoder, DecoderSequence } from '../backbone/decoder.ts';
import type { FrameHead, OpenFrameHead } from '../frame-head/frame-head.ts';

export interface FrameModelParts {
  readonly streams: readonly TokenStream[];
  /** Its columns are the streams. */
  readonly backbone: Decoder;
  /** Row of a stream's table that its id 0 stands for, where several streams share one table. */
  readonly firstRows: readonly number[];
  readonly head: FrameHead;
}

/** A model of one backbone and a head for the ids of a step: whatever is no graph of several backbones. */
export function frameModel({ streams, backbone, firstRows, head }: FrameModelParts): SpeechLanguageModelV0 {
  let closing: Promise<unknown> | undefined;
  return {
    specificationVersion: 'v0',
    streams,
    contextSteps: backbone.capacityPositions,
    async open() {
      if (closing !== undefined) throw closed('A language model');
      return new FrameSession({ streams, firstRows, head }, backbone.createSequence());
    },
    async close() {
      closing ??= Promise.all([backbone.close(), head.close()]);
      await closing;
    },
  };
}

class FrameSession implements LanguageModelSession {
  readonly #model: Omit<FrameModelParts, 'backbone'>;
  readonly #sequence: DecoderSequence;
  readonly #head: OpenFrameHead;
  readonly #queue = createCallQueue();
  #isClosed = false;

  constructor(model: Omit<FrameModelParts, 'backbone'>, sequence: DecoderSequence) {
    this.#model = model;
    this.#sequence = sequence;
    this.#head = model.head.open();
  }

  get stepCount(): number {
    return this.#sequence.positionCount;
  }

  step(
    rows: Int32Array,
    choose?: ChooseToken,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Int32Array> {
    let undo = (): void => undefined;
    return this.#queue.run({
      signal,
      perform: async () => {
        this.#assertOpen();
        const before = this.stepCount;
        // A step that fails or is aborted counts as not made.
        undo = () => this.#sequence.rollback(before);
        const output = await this.#sequence.run(this.#tableRows(rows));
        const chosen = new Int32Array(this.#model.streams.length).fill(-1);
        if (choose !== undefined) await this.#head.fill(output, chosen, choose, signal);
        return chosen;
      },
      undo: () => undo(),
    });
  }

  rollback(stepCount: number): Promise<void> {
    return this.#inTurn(() => this.#sequence.rollback(stepCount));
  }

  fork(): Promise<LanguageModelSession> {
    return this.#inTurn(() => new FrameSession(this.#model, this.#sequence.fork()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#queue.run({ perform() {} });
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
    if (this.#isClosed) throw closed('The session of a language model');
  }

  #tableRows(rows: Int32Array): Int32Array {
    const { streams, firstRows } = this.#model;
    return rows.map((id, i) => {
      const stream = i % streams.length;
      const { name, vocabularySize } = streams[stream]!;
      if (id < -1 || id >= vocabularySize) {
        throw new SpeechTokensError('argument-invalid', {
          problem: 'A language model cannot read these rows',
          found: `id ${id} for the stream ${name}`,
          wanted: `an id from 0 to ${vocabularySize - 1}, or -1 for none`,
          remedy: 'Check which stream each id belongs to',
          details: { argument: 'rows' },
        });
      }
      return id === -1 ? -1 : firstRows[stream]! + id;
    });
  }
}

function closed(what: string): SpeechTokensError {
  return new SpeechTokensError('session-closed', {
    problem: `${what} takes nothing more`,
    found: 'It was closed',
    remedy: 'Open another one',
    details: {},
  });
}
