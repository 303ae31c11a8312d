import type {
  AudioClip,
  DetokenizerWindow,
  LanguageModelSession,
  PcmChunk,
  SpeechDetokenizerV1,
  SpeechPart,
} from '@speech-tokens/core';
import type { MetricsReport } from '../metrics/session-metrics.ts';
import type { VoiceActivity } from '../voice-activity/open-voice-activity.ts';

/** What the user said, or wrote. Turns count from 0, and the answer to a turn has its number. */
export type UserTurn =
  /** With its place in the sound of the microphone, at its rate. */
  | { readonly kind: 'audio'; readonly index: number; readonly audio: PcmChunk }
  | { readonly kind: 'text'; readonly index: number; readonly text: string };

/** What an answer is made with. */
export interface AnswerContext {
  /** Aborts when the user interrupts, at once or later, or when the conversation ends. */
  readonly signal: AbortSignal;
  /**
   * Asks the host: it gets a `toolCall` event, after what was said before it. Several calls may be open.
   * @returns what the host gives `toolResult`
   * @throws what the host gives `toolFailed`; the reason of the signal
   */
  callTool(name: string, input: unknown): Promise<unknown>;
}

/** What was heard of an answer that was interrupted. */
export interface Interruption {
  readonly turn: number;
  /** Samples that were played, at the rate of the sound. */
  readonly playedSamples: number;
  /** Samples that the player has, and must not play. */
  readonly droppedSamples: number;
  /** Frames of the codec whose sound was heard to the end. */
  readonly heardSteps: number;
  /** Frames of which at least a sample was heard. */
  readonly begunSteps: number;
}

export type TurnEvent =
  /** The user speaks; `sample` is of the microphone's sound. */
  | { readonly kind: 'speechStart'; readonly sample: number }
  /** The user has spoken: the turn that is answered now. */
  | { readonly kind: 'speechEnd'; readonly sample: number; readonly turn: number }
  /** Sound of an answer; its positions count from the answer's first sample. */
  | { readonly kind: 'audio'; readonly turn: number; readonly chunk: PcmChunk }
  | { readonly kind: 'text'; readonly turn: number; readonly text: string }
  | { readonly kind: 'broken'; readonly turn: number; readonly ids: Uint32Array }
  | {
      readonly kind: 'toolCall';
      readonly turn: number;
      readonly id: string;
      readonly name: string;
      readonly input: unknown;
    }
  /** Nobody waits for the result of this call any more. */
  | { readonly kind: 'toolCancelled'; readonly turn: number; readonly id: string }
  /** All of the answer was given out. */
  | { readonly kind: 'answerEnd'; readonly turn: number }
  /** The player is to stop: nothing more of the answer comes. */
  | ({ readonly kind: 'interrupted' } & Interruption);

export interface TurnConversationOptions {
  /**
   * Answers a turn: pieces of speech that follow each other, and text. The next part is made when the one before has
   * been given out, or is among the few that are held. It is called once for each turn, in their order, also for one
   * that has been interrupted before its answer began, so that what was said may be kept. It ends when its signal
   * aborts; what it throws then is dropped. Any other error ends the conversation.
   */
  respond(turn: UserTurn, context: AnswerContext): AsyncIterable<SpeechPart>;
  /** Makes the sound; it stays open when the conversation ends. */
  readonly detokenizer: SpeechDetokenizerV1;
  /** How the detokenizer streams; its own stream where absent. */
  readonly window?: DetokenizerWindow;
  /** Tells when the user speaks; it stays open. Without it, and without `pushToTalk`, turns are texts. */
  readonly activity?: Pick<VoiceActivity, 'sampleRateHz' | 'latencySamples' | 'open'>;
  /** In place of `activity`: `beginTurn` and `endTurn` tell when the user speaks. The rate is the microphone's. */
  readonly pushToTalk?: { readonly sampleRateHz: number };
  /**
   * The longest turn of the user, in seconds; 120 where absent. What is said on after it is the next turn, which
   * interrupts as any: nothing is lost, and no more than this is held.
   */
  readonly longestTurnSeconds?: number;
  /**
   * The session in which answers are made, of a model that reads one row for each frame of the codec and gives a grid
   * for each. After an interruption it goes back to the last frame that was heard to the end.
   */
  readonly session?: LanguageModelSession;
  /** For models of other kinds. Called after an interruption, when the answer has ended, before the next turn begins. */
  rollback?(heard: Interruption): void | Promise<void>;
  /** Events that are made ahead of the listener: 4 where absent. */
  readonly readyEvents?: number;
  /** The clock of the metrics, in milliseconds; `performance.now` where absent. */
  readonly nowMs?: () => number;
  /** Ends the conversation: the iteration throws its reason. */
  readonly signal?: AbortSignal;
}

/** A conversation in which the model answers when the user has spoken, and stops when the user speaks again. */
export interface TurnConversation {
  /**
   * What the microphone heard, of any length, going on from the piece before: mono, at the rate of voice activity or of
   * `pushToTalk`. Resolves when it has been listened to, and the listener has room for what follows from it.
   * @throws SpeechTokensError `audio-format`; `argument-invalid` with neither of them; `session-closed` after the end
   */
  push(heard: AudioClip): Promise<void>;
  /**
   * The user presses the key: what is pushed from here on is said. Interrupts at once. Nothing happens in a turn that
   * goes on.
   * @throws SpeechTokensError `argument-invalid` without `pushToTalk`; `session-closed` after the end
   */
  beginTurn(): void;
  /**
   * The user lets the key go: what was pushed since `beginTurn` is the turn, which is answered. Nothing happens without
   * a turn.
   * @throws SpeechTokensError as `beginTurn`
   */
  endTurn(): void;
  /**
   * The user writes: a turn of its own, which interrupts as speech does.
   * @returns the number of the turn
   * @throws SpeechTokensError `session-closed` after the end
   */
  pushText(text: string): number;
  /**
   * So many samples of the answer to a turn have been played since its start, without silence between. What is reported
   * of an answer that is over is ignored.
   * @throws SpeechTokensError `argument-invalid` for more than was given out, or less than before
   */
  played(turn: number, samples: number): void;
  /**
   * The result of a tool call; one that was cancelled is ignored.
   * @throws SpeechTokensError `argument-invalid` for an id that there never was
   */
  toolResult(id: string, value: unknown): void;
  /** The tool failed: `callTool` throws this. */
  toolFailed(id: string, error: unknown): void;
  /** Nothing more is said to it: speech that goes on ends here, its answer comes, then the iteration ends. */
  end(): void;
  /**
   * For one listener. Throws once what a part of the conversation or the signal threw; everything has been closed then.
   * To leave the iteration closes the conversation.
   */
  readonly events: AsyncIterableIterator<TurnEvent>;
  /**
   * Time to first audio is that of the last answer. A step is from asking for a part to having its sound; steps that
   * waited for tools are left out.
   */
  metrics(): MetricsReport;
  /** Interrupts, drops what was not given out, ends the iteration. May be called more than once. */
  close(): Promise<void>;
}
