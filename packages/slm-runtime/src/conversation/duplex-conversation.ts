import {
  type AudioClip,
  alignmentSamples,
  assertTokenSpace,
  type DuplexSession,
  type ModelRequest,
  type PcmChunk,
  type SpeechDetokenizerV1,
  type SpeechDuplex,
  type SpeechPart,
  type SpeechTokenizerV1,
  type StreamSession,
  sampleCountOf,
  sliceGrid,
  type TokenGrid,
  validateAudioClip,
} from '@speech-tokens/core';
import { streamingOf } from '../detokenizer-window/windowed-streaming.ts';
import { createSessionMetrics, type MetricsReport } from '../metrics/session-metrics.ts';
import { closeAll } from './close-all.ts';
import { checkRoom, conversationClosed, notStreaming } from './conversation-error.ts';
import { createEventQueue } from './event-queue.ts';
import { createSoundInbox, type SoundInbox } from './sound-inbox.ts';

/** What a model that hears while it speaks gives out. */
export type DuplexEvent =
  /** Its sound, from where the one before ended, with the positions of its own tokens. */
  | { readonly kind: 'audio'; readonly chunk: PcmChunk }
  /** `step` counts the frames that it had heard before it, from 0. */
  | { readonly kind: 'text'; readonly text: string; readonly step: number }
  | { readonly kind: 'broken'; readonly ids: Uint32Array; readonly step: number };

/** A step that was made. */
export interface DuplexStep {
  /** Steps before it. */
  readonly step: number;
  /** The frame that it heard; the last one may not be whole. */
  readonly heard: Pick<TokenGrid, 'startSample' | 'sampleCount'>;
  /** What the model said. */
  readonly parts: readonly SpeechPart[];
  /** When the model began, and how long it took, by the clock of the metrics. */
  readonly startMs: number;
  readonly tookMs: number;
}

export interface DuplexConversationOptions extends Pick<ModelRequest, 'random' | 'sampling' | 'signal'> {
  /** The codec of the model, of one token space. They stay open when the conversation ends. */
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
  /** Frames of the microphone that are held before `push` waits: 4 where absent. */
  readonly heardFrames?: number;
  /** Events that are made ahead of the listener: 4 where absent. */
  readonly readyEvents?: number;
  /** The clock of the metrics, in milliseconds; `performance.now` where absent. */
  readonly nowMs?: () => number;
  /** Told of each step, before what it says is given out, and waited for; what it throws ends the conversation. */
  onStep?(step: DuplexStep): void | Promise<void>;
}

/**
 * A conversation in which both may speak at any time. One frame of the microphone is one step of the model: when the
 * microphone lags the model waits, and nothing is put in its place.
 */
export interface DuplexConversation {
  /**
   * What the microphone heard, of any length, going on from the piece before; it belongs to the caller again at once.
   * Resolves when there is room for more: a slow model, or a slow listener, is felt here.
   * @throws SpeechTokensError `audio-format`; `session-closed` after the end
   */
  push(heard: AudioClip): Promise<void>;
  /** The microphone is off: the rest of a frame is heard, the tail of the sound comes, then the iteration ends. */
  end(): void;
  /**
   * For one listener. Throws once what the model, the codec or the signal threw; everything has been closed then. To
   * leave the iteration closes the conversation.
   */
  readonly events: AsyncIterableIterator<DuplexEvent>;
  /** Times from the first frame on: a step hears a frame, runs the model, and makes its sound. */
  metrics(): MetricsReport;
  /** Stops within a step, drops what was not given out, ends the iteration. May be called more than once. */
  close(): Promise<void>;
}

/**
 * Opens a conversation with a model that hears while it speaks, through its codec.
 * @throws SpeechTokensError `argument-invalid` where the codec does not stream or its tokens have no clock;
 * `token-space-mismatch` where the two halves of the codec differ; what `SpeechDuplex.open` throws
 */
export async function openDuplexConversation(
  duplex: SpeechDuplex,
  options: DuplexConversationOptions,
): Promise<DuplexConversation> {
  const { tokenizer, detokenizer, random, sampling, signal, heardFrames = 4, readyEvents = 4 } = options;
  const { codebookCount, window } = duplex.codec;
  const frameSamples = alignmentSamples(tokenizer.tokenSpace);
  if (frameSamples === undefined) throw notStreaming(tokenizer.tokenSpace, 'clock');
  if (tokenizer.streaming === undefined) throw notStreaming(tokenizer.tokenSpace, 'streaming tokenizer');
  assertTokenSpace(detokenizer.tokenSpace, tokenizer.tokenSpace);
  const inbox = createSoundInbox(frameSamples, frameSamples * checkRoom('heardFrames', heardFrames));
  const capacity = checkRoom('readyEvents', readyEvents);
  const mouthStreaming = streamingOf(detokenizer, window);
  signal?.throwIfAborted();
  const opened: { close(): Promise<void> }[] = [];
  const keep = async <Session extends { close(): Promise<void> }>(session: Promise<Session>): Promise<Session> => {
    opened.push(await session);
    return session;
  };
  try {
    const ears = await keep(tokenizer.streaming.open({ codebookCount }));
    const mouth = await keep(mouthStreaming.open());
    const model = await keep(
      duplex.open({
        codecSpace: tokenizer.tokenSpace,
        random,
        ...(sampling === undefined ? {} : { sampling }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
    signal?.throwIfAborted();
    return new RunningConversation({ ears, mouth, model }, { inbox, frameSamples, capacity, options });
  } catch (error) {
    await closeAll(opened).catch(() => undefined);
    throw error;
  }
}

interface Sessions {
  readonly ears: StreamSession<PcmChunk, TokenGrid>;
  readonly mouth: StreamSession<TokenGrid, PcmChunk>;
  readonly model: DuplexSession;
}

/** What came of a piece of the microphone's sound. */
interface Said {
  readonly steps: readonly DuplexStep[];
  readonly events: readonly DuplexEvent[];
}

class RunningConversation implements DuplexConversation {
  readonly #sessions: Sessions;
  readonly #options: DuplexConversationOptions;
  readonly #frameSamples: number;
  readonly #inbox: SoundInbox;
  readonly #queue;
  readonly #metrics;
  readonly #nowMs: () => number;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #isEnded = false;
  #stepCount = 0;

  constructor(
    sessions: Sessions,
    parts: {
      readonly inbox: SoundInbox;
      readonly frameSamples: number;
      readonly capacity: number;
      readonly options: DuplexConversationOptions;
    },
  ) {
    this.#sessions = sessions;
    this.#options = parts.options;
    this.#frameSamples = parts.frameSamples;
    this.#inbox = parts.inbox;
    this.#queue = createEventQueue<DuplexEvent>({ capacity: parts.capacity, onLeave: () => void this.close() });
    this.#nowMs = parts.options.nowMs ?? (() => performance.now());
    this.#metrics = createSessionMetrics(this.#nowMs);
    const { signal } = parts.options;
    const abort = (): void => this.#halt(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.#done = this.#run().finally(() => signal?.removeEventListener('abort', abort));
  }

  get events(): AsyncIterableIterator<DuplexEvent> {
    return this.#queue.events;
  }

  async push(heard: AudioClip): Promise<void> {
    if (this.#isEnded) throw conversationClosed();
    validateAudioClip(heard, this.#options.tokenizer.audioFormat);
    await this.#inbox.push(heard.channels);
  }

  end(): void {
    this.#isEnded = true;
    this.#inbox.end();
  }

  metrics(): MetricsReport {
    return this.#metrics.report();
  }

  close(): Promise<void> {
    this.#queue.cut();
    this.#halt(conversationClosed());
    return this.#done;
  }

  /** Whatever is in progress stops with this reason. */
  #halt(reason: unknown): void {
    this.#isEnded = true;
    this.#stop.abort(reason);
    this.#inbox.close(conversationClosed());
    this.#queue.remove(() => true);
  }

  /** Never rejects: the listener is told. */
  async #run(): Promise<void> {
    const { ears, mouth, model } = this.#sessions;
    try {
      try {
        await this.#converse();
      } finally {
        await closeAll([ears, mouth, model]);
      }
      this.#queue.end();
    } catch (error) {
      this.#isEnded = true;
      this.#inbox.close(conversationClosed());
      this.#queue.fail(error);
    }
  }

  async #converse(): Promise<void> {
    const { ears, mouth } = this.#sessions;
    const { signal } = this.#stop;
    const { sampleRateHz } = this.#options.tokenizer.audioFormat;
    let startSample = 0;
    for (;;) {
      const channels = await this.#inbox.take();
      signal.throwIfAborted();
      if (channels === undefined) break;
      if (startSample === 0) this.#metrics.request();
      const chunk = { sampleRateHz, startSample, channels };
      startSample += sampleCountOf(chunk);
      const endStep = this.#metrics.beginStep();
      const said = await this.#answer(ears.push(chunk, { signal }));
      endStep();
      await this.#tell(said);
    }
    await this.#tell(await this.#answer(ears.flush({ signal })));
    await this.#give(this.#audioOf(await mouth.flush({ signal })));
  }

  async #tell({ steps, events }: Said): Promise<void> {
    for (const step of steps) await this.#options.onStep?.(step);
    await this.#give(events);
  }

  /** Gives events out as there is room. */
  async #give(events: readonly DuplexEvent[]): Promise<void> {
    const { signal } = this.#stop;
    for (const event of events) await this.#queue.put(event, signal);
    signal.throwIfAborted();
  }

  /** What the model says to what it hears, frame by frame. */
  async #answer(heard: Promise<readonly TokenGrid[]>): Promise<Said> {
    const { mouth, model } = this.#sessions;
    const { signal } = this.#stop;
    const events: DuplexEvent[] = [];
    const steps: DuplexStep[] = [];
    for (const grid of await heard) {
      const end = grid.startSample + grid.sampleCount;
      for (let at = grid.startSample; at < end; at += this.#frameSamples) {
        signal.throwIfAborted();
        const frame = sliceGrid(grid, at, Math.min(end, at + this.#frameSamples));
        const startMs = this.#nowMs();
        const parts = await model.step(frame, { signal });
        const tookMs = this.#nowMs() - startMs;
        for (const part of parts) {
          if (part.kind === 'grid') events.push(...this.#audioOf(await mouth.push(part.grid, { signal })));
          else events.push({ ...part, step: this.#stepCount });
        }
        const { startSample, sampleCount } = frame;
        steps.push({ step: this.#stepCount, heard: { startSample, sampleCount }, parts, startMs, tookMs });
        this.#stepCount += 1;
      }
    }
    return { steps, events };
  }

  #audioOf(chunks: readonly PcmChunk[]): readonly DuplexEvent[] {
    for (const chunk of chunks) this.#metrics.audio(sampleCountOf(chunk), chunk.sampleRateHz);
    return chunks.filter((chunk) => sampleCountOf(chunk) > 0).map((chunk) => ({ kind: 'audio', chunk }));
  }
}
