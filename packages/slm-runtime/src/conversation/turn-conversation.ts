import {
  type AudioClip,
  alignmentSamples,
  createCallQueue,
  type DetokenizerSettings,
  type PcmChunk,
  type SpeechPart,
  SpeechTokensError,
  type Streaming,
  type StreamSession,
  sampleCountOf,
  type TokenGrid,
  validateAudioClip,
} from '@speech-tokens/core';
import { streamingOf } from '../detokenizer-window/windowed-streaming.ts';
import { createSessionMetrics, type MetricsReport, type SessionMetrics } from '../metrics/session-metrics.ts';
import { createFrameClock, type FrameClock } from '../session/frame-clock.ts';
import { Answer, audible } from './answer.ts';
import { checkRoom, conversationClosed, notStreaming } from './conversation-error.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { createToolCalls } from './tool-calls.ts';
import { TurnRecorder } from './turn-recorder.ts';
import type { Interruption, TurnConversation, TurnConversationOptions, TurnEvent, UserTurn } from './turn-types.ts';
import { type UserBoundary, UserTurns } from './user-turns.ts';

type Mouth = StreamSession<TokenGrid, PcmChunk>;

/** The longest turn where nobody says another. */
const usualLongestTurnSeconds = 120;

/**
 * Opens a conversation in turns: voice activity or the host finds the user's, `respond` answers them, and whoever is
 * interrupted stops at what was really heard.
 * @throws SpeechTokensError `argument-invalid` where the codec does not stream or its tokens have no clock
 */
export async function openTurnConversation(options: TurnConversationOptions): Promise<TurnConversation> {
  const { activity, detokenizer, readyEvents = 4, signal } = options;
  const frameSamples = alignmentSamples(detokenizer.tokenSpace);
  if (frameSamples === undefined) throw notStreaming(detokenizer.tokenSpace, 'clock');
  const parts = {
    clock: createFrameClock(frameSamples, detokenizer.tokenSpace.sampleRateHz),
    streaming: streamingOf(detokenizer, options.window),
    capacity: checkRoom('readyEvents', readyEvents),
  };
  const microphone = microphoneOf(options);
  signal?.throwIfAborted();
  const detector = await activity?.open();
  if (microphone === undefined) return new RunningConversation(options, parts);
  const { sampleRateHz, latencySamples, longestSamples } = microphone;
  const recorder = new TurnRecorder(sampleRateHz, latencySamples);
  const heard = { recorder, latencySamples, longestSamples, ...(detector === undefined ? {} : { detector }) };
  return new RunningConversation(options, { ...parts, ears: { sampleRateHz, turns: new UserTurns(heard) } });
}

/** What turns are found in, if the user speaks. @throws SpeechTokensError `argument-invalid` */
function microphoneOf({ activity, pushToTalk, longestTurnSeconds = usualLongestTurnSeconds }: TurnConversationOptions) {
  const sampleRateHz = activity?.sampleRateHz ?? pushToTalk?.sampleRateHz;
  const latencySamples = activity?.latencySamples ?? 0;
  if (activity !== undefined && pushToTalk !== undefined) {
    throw wrongMicrophone('pushToTalk', 'pushToTalk and voice activity', 'one of them');
  }
  if (sampleRateHz === undefined) return undefined;
  if (!(Number.isSafeInteger(sampleRateHz) && sampleRateHz > 0)) {
    throw wrongMicrophone('pushToTalk', `${sampleRateHz} Hz`, 'a rate in Hz');
  }
  const longestSamples = Math.round(longestTurnSeconds * sampleRateHz);
  if (longestSamples >= 1) return { sampleRateHz, latencySamples, longestSamples };
  throw wrongMicrophone('longestTurnSeconds', `longestTurnSeconds ${longestTurnSeconds}`, 'a time above 0');
}

interface Parts {
  readonly clock: FrameClock;
  readonly streaming: Streaming<TokenGrid, PcmChunk, DetokenizerSettings>;
  readonly capacity: number;
  /** Absent where the user only writes. */
  readonly ears?: { readonly sampleRateHz: number; readonly turns: UserTurns };
}

class RunningConversation implements TurnConversation {
  readonly #options: TurnConversationOptions;
  readonly #parts: Parts;
  readonly #queue: EventQueue<TurnEvent>;
  readonly #metrics: SessionMetrics;
  readonly #tools = createToolCalls();
  /** What the microphone brings, piece after piece. */
  readonly #listening = createCallQueue();
  readonly #abort = (): void => {
    this.#fail(this.#options.signal?.reason);
    this.#queue.remove(() => true);
  };
  readonly #stop = new AbortController();
  /** Answers and rollbacks, one after another. */
  #speaking: Promise<void> = Promise.resolve();
  #answer: Answer | undefined;
  #turnCount = 0;
  #isEnded = false;
  #closing: Promise<void> | undefined;

  constructor(options: TurnConversationOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.#metrics = createSessionMetrics(options.nowMs ?? (() => performance.now()));
    this.#queue = createEventQueue<TurnEvent>({
      capacity: parts.capacity,
      onTake: (event) => this.#taken(event),
      onLeave: () => void this.close().catch(() => undefined),
    });
    options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get events(): AsyncIterableIterator<TurnEvent> {
    return this.#queue.events;
  }

  async push(heard: AudioClip): Promise<void> {
    const { ears } = this.#parts;
    if (this.#isEnded) throw conversationClosed();
    if (ears === undefined) throw deaf();
    validateAudioClip(heard, { sampleRateHz: ears.sampleRateHz, channelCount: 1 });
    const samples = heard.channels[0]!.slice();
    await this.#listen(() => ears.turns.push(samples));
    if (this.#closing !== undefined) throw conversationClosed();
  }

  beginTurn(): void {
    const turns = this.#told();
    this.#interrupt();
    void this.#listen(async () => turns.begin());
  }

  endTurn(): void {
    const turns = this.#told();
    void this.#listen(async () => turns.end());
  }

  /** Turns that the host tells. */
  #told(): UserTurns {
    const { ears } = this.#parts;
    if (this.#isEnded) throw conversationClosed();
    if (this.#options.pushToTalk !== undefined && ears !== undefined) return ears.turns;
    throw wrongMicrophone('pushToTalk', 'a conversation without pushToTalk', 'one with it');
  }

  pushText(text: string): number {
    if (this.#isEnded) throw conversationClosed();
    this.#interrupt();
    return this.#begin((index) => ({ kind: 'text', index, text }));
  }

  played(turn: number, samples: number): void {
    if (this.#answer?.turn.index === turn) this.#answer.played(samples);
  }

  toolResult(id: string, value: unknown): void {
    this.#tools.settle(id, { value });
  }

  toolFailed(id: string, error: unknown): void {
    this.#tools.settle(id, { error });
  }

  metrics(): MetricsReport {
    return this.#metrics.report();
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { ears } = this.#parts;
    void this.#listen(async () => (await ears?.turns.flush()) ?? [])
      .then(() => this.#speaking)
      .then(() => ears?.turns.close())
      .then(() => {
        this.#options.signal?.removeEventListener('abort', this.#abort);
        this.#queue.end();
      })
      .catch((error: unknown) => this.#fail(error));
  }

  close(): Promise<void> {
    this.#queue.cut();
    return this.#halt();
  }

  /** Hears, and does what follows from it. Never rejects: the listener is told. */
  #listen(hear: () => Promise<readonly UserBoundary[]>): Promise<void> {
    return this.#listening.run({
      perform: async () => {
        try {
          if (this.#closing !== undefined) return;
          for (const boundary of await hear()) await this.#heed(boundary);
        } catch (error) {
          this.#fail(error);
        }
      },
    });
  }

  async #heed(boundary: UserBoundary): Promise<void> {
    if (this.#closing !== undefined) return;
    const { kind, sample } = boundary;
    if (kind === 'speechStart') {
      this.#interrupt();
      await this.#queue.put({ kind, sample }, this.#stop.signal);
    } else {
      const { audio } = boundary;
      const turn = this.#begin((index) => ({ kind: 'audio', index, audio }));
      await this.#queue.put({ kind, sample, turn }, this.#stop.signal);
    }
  }

  /** The answer to a turn is the next thing that is said. */
  #begin(turnOf: (index: number) => UserTurn): number {
    const turn = turnOf(this.#turnCount);
    this.#turnCount += 1;
    const answer = new Answer(turn, this.#parts.clock, this.#options.detokenizer.audioFormat.sampleRateHz);
    this.#answer = answer;
    this.#next(() => this.#speak(answer));
    return turn.index;
  }

  /** Stops the answer that is being made or heard, in one moment: nothing of it is given out from here on. */
  #interrupt(): void {
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer === undefined || answer.isHeard) return;
    const heard = answer.interrupt(aborted('The user interrupts'));
    const taken = this.#queue.remove((event) => isOf(event, answer));
    this.#queue.putNow({ kind: 'interrupted', ...heard });
    const unseen = taken.flatMap((event) => (event.kind === 'toolCall' ? [event.id] : []));
    this.#cancelTools(answer, answer.signal.reason, unseen);
    this.#next(() => this.#rollBack(answer, heard));
  }

  /** @param unseen calls that the listener does not know of */
  #cancelTools({ turn: { index } }: Answer, reason: unknown, unseen: readonly string[] = []): void {
    for (const id of this.#tools.cancel(index, reason)) {
      if (!unseen.includes(id)) this.#queue.putNow({ kind: 'toolCancelled', turn: index, id });
    }
  }

  #next(work: () => Promise<void>): void {
    this.#speaking = this.#speaking
      .then(() => (this.#closing === undefined ? work() : undefined))
      .catch((error: unknown) => this.#fail(error));
  }

  async #speak(answer: Answer): Promise<void> {
    const { turn, signal } = answer;
    const { streaming } = this.#parts;
    this.#metrics.request();
    const mouth = await streaming.open();
    try {
      let endStep = this.#metrics.beginStep();
      const callTool = (name: string, input: unknown): Promise<unknown> => {
        answer.toolCallCount += 1;
        return this.#callTool(answer, name, input);
      };
      for await (const part of this.#options.respond(turn, { signal, callTool })) {
        const calls = answer.toolCallCount;
        const events = signal.aborted ? [] : await this.#eventsOf(answer, part, mouth);
        if (calls === 0) endStep();
        answer.toolCallCount = 0;
        for (const event of events) await this.#queue.put(event, signal);
        if (signal.aborted) break;
        endStep = this.#metrics.beginStep();
      }
      if (signal.aborted) return;
      for (const event of this.#audioOf(answer, await mouth.flush({ signal }))) await this.#queue.put(event, signal);
      if (signal.aborted) return;
      this.#cancelTools(answer, aborted('The answer has ended'));
      await this.#queue.put({ kind: 'answerEnd', turn: turn.index }, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await mouth.close();
    }
  }

  async #eventsOf(answer: Answer, part: SpeechPart, mouth: Mouth): Promise<readonly TurnEvent[]> {
    if (part.kind !== 'grid') return [{ ...part, turn: answer.turn.index }];
    answer.sessionSteps ??= this.#options.session?.stepCount;
    return this.#audioOf(answer, await mouth.push(part.grid, { signal: answer.signal }));
  }

  #audioOf(answer: Answer, chunks: readonly PcmChunk[]): readonly TurnEvent[] {
    return audible(chunks).map((chunk) => {
      this.#metrics.audio(sampleCountOf(chunk), chunk.sampleRateHz);
      return { kind: 'audio', turn: answer.turn.index, chunk: answer.placed(chunk) };
    });
  }

  #callTool({ turn, signal }: Answer, name: string, input: unknown): Promise<unknown> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { id, result } = this.#tools.open(turn.index);
    void this.#queue.put({ kind: 'toolCall', turn: turn.index, id, name, input }, signal);
    return result;
  }

  async #rollBack({ sessionSteps }: Answer, heard: Interruption): Promise<void> {
    const { session } = this.#options;
    if (session !== undefined && sessionSteps !== undefined) {
      await session.rollback(Math.min(session.stepCount, sessionSteps + heard.heardSteps));
    }
    await this.#options.rollback?.(heard);
  }

  /** The listener gets an event now. */
  #taken(event: TurnEvent): void {
    if (this.#answer === undefined || !isOf(event, this.#answer)) return;
    if (event.kind === 'audio') this.#answer.deliver(event.chunk);
    if (event.kind === 'answerEnd') this.#answer.givenOut();
  }

  /** The listener is told when everything has been closed. What had been made until then comes before. */
  #fail(error: unknown): void {
    if (this.#closing !== undefined) return;
    const tell = (): void => this.#queue.fail(error);
    this.#halt().then(tell, tell);
  }

  /** Stops at once, and closes what the conversation opened. */
  #halt(): Promise<void> {
    this.#closing ??= (async () => {
      this.#isEnded = true;
      this.#options.signal?.removeEventListener('abort', this.#abort);
      this.#stop.abort(conversationClosed());
      const answer = this.#answer;
      this.#answer = undefined;
      answer?.interrupt(this.#stop.signal.reason);
      if (answer !== undefined) this.#tools.cancel(answer.turn.index, this.#stop.signal.reason);
      await this.#speaking;
      await this.#parts.ears?.turns.close();
    })();
    return this.#closing;
  }
}

function isOf(event: TurnEvent, { turn: { index } }: Answer): boolean {
  switch (event.kind) {
    case 'audio':
    case 'text':
    case 'broken':
    case 'toolCall':
    case 'answerEnd':
      return event.turn === index;
    default:
      return false;
  }
}

function aborted(message: string): DOMException {
  return new DOMException(message, 'AbortError');
}

function deaf(): SpeechTokensError<'argument-invalid'> {
  return wrongMicrophone('activity', 'neither voice activity nor pushToTalk', 'one of them');
}

function wrongMicrophone(argument: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: 'The conversation cannot hear so',
    found,
    wanted,
    remedy: 'Open it with `activity`, such as that of openVoiceActivity, or with `pushToTalk`; or push texts',
    details: { argument },
  });
}
