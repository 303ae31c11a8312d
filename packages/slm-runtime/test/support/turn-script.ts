import type { SpeechPart } from '@speech-tokens/core';
import {
  openTurnConversation,
  type TurnConversation,
  type TurnConversationOptions,
  type TurnEvent,
} from '../../src/index.ts';
import { scriptedActivity } from './scripted-activity.ts';
import { framesOf, samplesOf, scriptedCodec } from './scripted-codec.ts';

export const silence = (count: number): number[] => new Array<number>(count).fill(0);
export const speech = (count: number): number[] => Array.from({ length: count }, (_, n) => 1 + (n % 9));
export const frame = (k: number): SpeechPart => ({ kind: 'grid', grid: framesOf([k + 1], 10 * k) });
/** The sound of so many frames of an answer: codes 1, 2, 3 … added up. */
export const soundOfAnswer = (frames: number): number[] =>
  Array.from({ length: frames }, (_, k) => new Array<number>(10).fill(((k + 1) * (k + 2)) / 2)).flat();

export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function* says(frames: number, words: Record<number, string> = {}): AsyncGenerator<SpeechPart> {
  for (let k = 0; k < frames; k++) {
    const text = words[k];
    if (text !== undefined) yield { kind: 'text', text };
    yield frame(k);
  }
}

/** A conversation with the scripted codec and detector, and whether all that it opened has been closed. */
export async function opened(
  options: Partial<TurnConversationOptions> & Pick<TurnConversationOptions, 'respond'>,
): Promise<{ conversation: TurnConversation; isClosed: () => boolean }> {
  const codec = scriptedCodec();
  const activity = scriptedActivity();
  const { detokenizer } = codec;
  const conversation = await openTurnConversation({ detokenizer, activity, ...options });
  const isClosed = (): boolean => codec.open.count === 0 && activity.openCount === 0;
  return { conversation, isClosed };
}

export async function collected({ events }: TurnConversation): Promise<TurnEvent[]> {
  const all: TurnEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The next so many events. */
export async function take({ events }: TurnConversation, count: number): Promise<TurnEvent[]> {
  const taken: TurnEvent[] = [];
  for (let k = 0; k < count; k++) taken.push((await events.next()).value!);
  return taken;
}

export const soundIn = (events: readonly TurnEvent[]): number[] =>
  samplesOf(events.flatMap((event) => (event.kind === 'audio' ? [event.chunk] : [])));
export const kinds = (events: readonly TurnEvent[]): string[] => events.map(({ kind }) => kind);
