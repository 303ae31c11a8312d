import type { LanguageModelSession, SpeechPart } from '@speech-tokens/core';
import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AnswerContext,
  openTurnConversation,
  type TurnConversation,
  type TurnConversationOptions,
  type TurnEvent,
  type UserTurn,
} from '../src/index.ts';
import { scriptedActivity } from './support/scripted-activity.ts';
import { framesOf, samplesOf, scriptedCodec, soundOf } from './support/scripted-codec.ts';

const silence = (count: number): number[] => new Array<number>(count).fill(0);
const speech = (count: number): number[] => Array.from({ length: count }, (_, n) => 1 + (n % 9));
const frame = (k: number): SpeechPart => ({ kind: 'grid', grid: framesOf([k + 1], 10 * k) });
/** The sound of so many frames of an answer: codes 1, 2, 3 … added up. */
const soundOfAnswer = (frames: number): number[] =>
  Array.from({ length: frames }, (_, k) => new Array<number>(10).fill(((k + 1) * (k + 2)) / 2)).flat();

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function* says(frames: number, words: Record<number, string> = {}): AsyncGenerator<SpeechPart> {
  for (let k = 0; k < frames; k++) {
    const text = words[k];
    if (text !== undefined) yield { kind: 'text', text };
    yield frame(k);
  }
}

async function opened(options: Partial<TurnConversationOptions> & Pick<TurnConversationOptions, 'respond'>) {
  const codec = scriptedCodec();
  const activity = scriptedActivity();
  const { detokenizer } = codec;
  const conversation = await openTurnConversation({ detokenizer, activity, ...options });
  const isClosed = (): boolean => codec.open.count === 0 && activity.openCount === 0;
  return { conversation, isClosed };
}

async function collected({ events }: TurnConversation): Promise<TurnEvent[]> {
  const all: TurnEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The next so many events. */
async function take({ events }: TurnConversation, count: number): Promise<TurnEvent[]> {
  const taken: TurnEvent[] = [];
  for (let k = 0; k < count; k++) taken.push((await events.next()).value!);
  return taken;
}

const soundIn = (events: readonly TurnEvent[]): number[] =>
  samplesOf(events.flatMap((event) => (event.kind === 'audio' ? [event.chunk] : [])));
const kinds = (events: readonly TurnEvent[]): string[] => events.map(({ kind }) => kind);

describe('turns', () => {
  test('are what the user said, with its place, whatever the pieces of the microphone', async () => {
    const sound = [silence(33), speech(40), silence(10), speech(15), silence(50), speech(7), silence(4)].flat();
    const wanted = [
      { startSample: 28, samples: sound.slice(28, 98) },
      { startSample: 143, samples: sound.slice(143, 159) },
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 160 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
        const turns: UserTurn[] = [];
        const { conversation, isClosed } = await opened({
          respond(turn) {
            turns.push(turn);
            return says(0);
          },
        });
        const listening = collected(conversation);
        for (let at = 0, k = 0; at < sound.length; k++) {
          const size = sizes[k % sizes.length]!;
          const piece = soundOf(sound.slice(at, at + size));
          const push = conversation.push(piece);
          piece.channels[0]!.fill(7); // it is the caller's again
          await push;
          at += size;
        }
        conversation.end();
        const events = await listening;
        expect(turns.map((turn) => turn.kind === 'audio' && turn.audio)).toEqual(
          wanted.map(({ startSample, samples }) => ({ ...soundOf(samples), startSample })),
        );
        const boundaries = events.filter(({ kind }) => kind.startsWith('speech'));
        expect(boundaries).toEqual([
          { kind: 'speechStart', sample: 28 },
          { kind: 'speechEnd', sample: 98, turn: 0 },
          { kind: 'speechStart', sample: 143 },
          { kind: 'speechEnd', sample: 159, turn: 1 },
        ]);
        // The second may come before all of the first answer was given out.
        expect(events.filter(({ kind }) => kind === 'answerEnd' || kind === 'interrupted').length).toBe(2);
        expect(isClosed()).toBe(true);
      }),
    );
  });

  test('are answered with sound that is whole, and text in its place', async () => {
    const { conversation } = await opened({ respond: () => says(6, { 0: 'one', 4: 'five' }) });
    conversation.pushText('hello');
    conversation.end();
    const events = await collected(conversation);
    // The codec gives a frame out when the next one comes.
    expect(kinds(events)).toEqual(['text', 'audio', 'audio', 'audio', 'text', 'audio', 'audio', 'audio', 'answerEnd']);
    expect(soundIn(events)).toEqual(soundOfAnswer(6));
    expect(events.every((event) => 'turn' in event && event.turn === 0)).toBe(true);
  });

  test('have sound whose positions count from the first sample of the answer', async () => {
    const { conversation } = await opened({
      async *respond() {
        yield { kind: 'grid', grid: framesOf([1, 2, 3], 70) };
      },
    });
    conversation.pushText('hello');
    conversation.end();
    const events = await collected(conversation);
    expect(events[0]).toMatchObject({ kind: 'audio', chunk: { startSample: 0 } });
    expect(soundIn(events)).toEqual(soundOfAnswer(3));
  });

  test('are made only as they are listened to', async () => {
    let made = 0;
    const { conversation } = await opened({
      readyEvents: 3,
      async *respond() {
        for (; made < 100; made++) yield frame(made);
      },
    });
    conversation.pushText('hello');
    for (let taken = 0; taken < 50; taken++) {
      await settled();
      // Three are held, one waits for room, the codec holds one.
      expect(made).toBeLessThanOrEqual(taken + 3 + 1 + 1);
      await take(conversation, 1);
    }
    await conversation.close();
  });
});

describe('an interruption', () => {
  test('drops what was not given out, says what was heard, and takes the model back before the next turn', async () => {
    const log: string[] = [];
    const { conversation } = await opened({
      async *respond(turn, { signal }) {
        log.push(`answer ${turn.index}`);
        try {
          yield* says(100);
        } finally {
          log.push(`stopped ${turn.index} ${signal.aborted}`);
        }
      },
      async rollback({ turn, heardSteps }) {
        await settled();
        log.push(`back to ${heardSteps} of ${turn}`);
      },
    });
    conversation.pushText('hello');
    const first = await take(conversation, 5);
    expect(soundIn(first)).toEqual(soundOfAnswer(5));
    conversation.played(0, 27);
    await conversation.push(soundOf([...silence(8), ...speech(2)]));
    expect(await take(conversation, 2)).toEqual([
      { kind: 'interrupted', turn: 0, playedSamples: 27, droppedSamples: 23, heardSteps: 2, begunSteps: 3 },
      { kind: 'speechStart', sample: 3 },
    ]);
    // The player of the first answer reports late.
    conversation.played(0, 29);
    await conversation.push(soundOf(silence(20)));
    const second = await take(conversation, 3);
    expect(second[0]).toEqual({ kind: 'speechEnd', sample: 10, turn: 1 });
    expect(second.slice(1).every((event) => event.kind === 'audio' && event.turn === 1)).toBe(true);
    expect(log).toEqual(['answer 0', 'stopped 0 true', 'back to 2 of 0', 'answer 1']);
    await conversation.close();
    expect(log.at(-1)).toBe('stopped 1 true');
  });

  test('is none when all was heard, and is one while the last samples play', async () => {
    const heard: number[] = [];
    const { conversation } = await opened({
      respond: () => says(3),
      rollback: ({ heardSteps }) => void heard.push(heardSteps),
    });
    conversation.pushText('one');
    expect(kinds(await take(conversation, 4)).at(-1)).toBe('answerEnd');
    conversation.played(0, 30);
    conversation.pushText('two');
    expect(kinds(await take(conversation, 4))).toEqual(['audio', 'audio', 'audio', 'answerEnd']);
    conversation.played(1, 29);
    conversation.pushText('three');
    expect(await take(conversation, 1)).toMatchObject([{ kind: 'interrupted', heardSteps: 2, droppedSamples: 1 }]);
    conversation.end();
    expect(kinds(await collected(conversation))).toEqual(['audio', 'audio', 'audio', 'answerEnd']);
    expect(heard).toEqual([2]);
  });

  test('takes a session back to the frames that were heard', async () => {
    const calls: number[] = [];
    const session = {
      stepCount: 0,
      async rollback(count: number) {
        calls.push(count);
        session.stepCount = count;
      },
    } as LanguageModelSession & { stepCount: number };
    const { conversation } = await opened({
      session,
      async *respond() {
        session.stepCount += 11; // the prompt, after which the first frame is known
        for (let k = 0; k < 40; k++) {
          yield frame(k);
          session.stepCount += 1;
        }
      },
    });
    conversation.pushText('hello');
    await take(conversation, 6);
    conversation.played(0, 45);
    conversation.pushText('no');
    await settled();
    // Eleven of the prompt and four of what was heard; then another prompt and what is held of its answer.
    expect(calls).toEqual([15]);
    expect(await take(conversation, 1)).toMatchObject([{ kind: 'interrupted', heardSteps: 4 }]);
    await settled();
    conversation.pushText('no, no');
    await settled();
    expect(calls).toEqual([15, 26]);
    await conversation.close();
  });

  test('reaches a part that is being made, and an answer that has not begun', async () => {
    const signals: AbortSignal[] = [];
    let release = (): void => undefined;
    const { conversation } = await opened({
      async *respond(turn, { signal }) {
        signals.push(signal);
        if (turn.index === 0) {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
        yield { kind: 'text', text: `answer ${turn.index}` };
      },
    });
    conversation.pushText('zero');
    await settled();
    conversation.pushText('one');
    conversation.pushText('two');
    conversation.end();
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    release();
    const events = await collected(conversation);
    expect(events.map((event) => `${event.kind} ${'turn' in event && event.turn}`)).toEqual([
      'interrupted 0',
      'interrupted 1',
      'text 2',
      'answerEnd 2',
    ]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
  });

  test('lets nothing of the answer through afterwards, whenever it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 6 }), async (seed, readyEvents) => {
        const random = createRandom(seed);
        const pause = async (most: number): Promise<void> => {
          for (let k = random.nextInteger(most + 1); k > 0; k--) await undefined;
        };
        const faults: string[] = [];
        const must = (isSo: boolean, fault: string): void => {
          if (!isSo) faults.push(fault);
        };
        let active = 0;
        const order: string[] = [];
        const { conversation, isClosed } = await opened({
          readyEvents,
          async *respond(turn) {
            active += 1;
            must(active === 1, 'two answers at once');
            order.push(`answer ${turn.index}`);
            try {
              for (let k = 0; k < 12; k++) {
                await pause(8);
                if (k % 4 === 1) yield { kind: 'text', text: 'word' };
                yield frame(k);
              }
            } finally {
              await pause(8);
              active -= 1;
            }
          },
          async rollback({ turn }) {
            must(active === 0, 'rolled back while an answer was made');
            await pause(8);
            order.push(`back ${turn}`);
          },
        });
        const over = new Set<number>();
        const interrupted: number[] = [];
        const soon = new Set<number>();
        const reported = new Map<number, number>();
        const surely = new Map<number, number>();
        const listening = (async () => {
          for await (const event of conversation.events) {
            if (!('turn' in event) || event.kind === 'speechEnd') continue;
            const { turn } = event;
            must(!over.has(turn) || event.kind === 'interrupted', `${event.kind} of ${turn} after its end`);
            if (event.kind === 'interrupted') {
              must(!interrupted.includes(turn), 'interrupted twice');
              interrupted.push(turn);
              over.add(turn);
              must(event.playedSamples <= (reported.get(turn) ?? 0), 'more heard than was played');
              must(event.playedSamples >= (surely.get(turn) ?? 0), 'less heard than was played');
            } else if (event.kind === 'audio') {
              const samples = event.chunk.startSample + 10 - random.nextInteger(10);
              conversation.played(turn, samples);
              reported.set(turn, samples);
              if (!soon.has(turn)) surely.set(turn, samples);
            } else if (event.kind === 'answerEnd') {
              over.add(turn);
            }
            await pause(12);
          }
        })();
        for (let turn = 0; turn < 8; turn++) {
          await pause(60);
          for (let before = 0; before < turn; before++) soon.add(before);
          if (random.nextInteger(2) === 0) conversation.pushText('hello');
          else await conversation.push(soundOf([...speech(3), ...silence(25)]));
        }
        conversation.end();
        await listening;
        const wanted = Array.from({ length: 8 }, (_, turn) => [
          `answer ${turn}`,
          ...(interrupted.includes(turn) ? [`back ${turn}`] : []),
        ]);
        expect(faults).toEqual([]);
        expect(order).toEqual(wanted.flat());
        expect(over.size).toBe(8);
        expect(isClosed()).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('tools', () => {
  const asks = (ask: (context: AnswerContext) => Promise<unknown>): TurnConversationOptions['respond'] =>
    async function* (turn, context) {
      yield { kind: 'text', text: `wait ${turn.index}` };
      const text = await ask(context).catch((error: Error) => `failed: ${error.message}`);
      yield { kind: 'text', text: String(text) };
    };

  test('are called with an id, and the answer goes on with their results', async () => {
    const { conversation } = await opened({
      respond: asks(async ({ callTool }) => {
        const results = await Promise.all([callTool('time', { zone: 'UTC' }), callTool('place', null)]);
        return results.join(' in ');
      }),
    });
    conversation.pushText('when and where?');
    const [, time, place] = await take(conversation, 3);
    expect(time).toEqual({ kind: 'toolCall', turn: 0, id: '1', name: 'time', input: { zone: 'UTC' } });
    expect(place).toMatchObject({ kind: 'toolCall', id: '2', name: 'place', input: null });
    conversation.toolResult('2', 'Oslo');
    conversation.toolResult('1', 'noon');
    conversation.end();
    expect(await collected(conversation)).toEqual([
      { kind: 'text', turn: 0, text: 'noon in Oslo' },
      { kind: 'answerEnd', turn: 0 },
    ]);
    expect(() => conversation.toolResult('3', 1)).toThrow(/No tool was called/);
    conversation.toolResult('1', 'again');
  });

  test('may fail', async () => {
    const { conversation } = await opened({ respond: asks(({ callTool }) => callTool('time', {})) });
    conversation.pushText('when?');
    await take(conversation, 2);
    conversation.toolFailed('1', new Error('no clock'));
    expect(await take(conversation, 1)).toEqual([{ kind: 'text', turn: 0, text: 'failed: no clock' }]);
    await conversation.close();
  });

  test('are cancelled by an interruption, where the host knows of them', async () => {
    const caught: unknown[] = [];
    const { conversation } = await opened({
      readyEvents: 2,
      async *respond(_, { callTool, signal }) {
        const calls = ['a', 'b', 'c'].map((name) => callTool(name, {}));
        await Promise.all(calls).catch((error: unknown) => caught.push(error));
        caught.push(signal.reason);
      },
    });
    conversation.pushText('hello');
    expect(await take(conversation, 1)).toMatchObject([{ kind: 'toolCall', id: '1' }]);
    await settled();
    conversation.pushText('stop');
    expect(await take(conversation, 2)).toMatchObject([
      { kind: 'interrupted', turn: 0 },
      { kind: 'toolCancelled', turn: 0, id: '1' },
    ]);
    conversation.toolResult('1', 'too late');
    // No call of the first answer is seen or cancelled any more.
    expect(await take(conversation, 2)).toMatchObject([
      { kind: 'toolCall', turn: 1, id: '4' },
      { kind: 'toolCall', turn: 1, id: '5' },
    ]);
    expect(caught.length).toBe(2);
    expect(caught[0]).toBe(caught[1]);
    expect(caught[0]).toMatchObject({ name: 'AbortError' });
    await conversation.close();
  });

  test('that nobody waits for are cancelled when the answer ends', async () => {
    const { conversation } = await opened({
      async *respond(_, { callTool }) {
        void callTool('log', {});
        yield { kind: 'text', text: 'done' };
      },
    });
    conversation.pushText('hello');
    conversation.end();
    expect(kinds(await collected(conversation))).toEqual(['toolCall', 'text', 'toolCancelled', 'answerEnd']);
  });
});

describe('the end of a conversation', () => {
  test('gives what was said before a failure, then the failure, once, and closes everything', async () => {
    const failure = new Error('the model broke');
    const { conversation, isClosed } = await opened({
      async *respond() {
        yield* says(3);
        throw failure;
      },
    });
    await conversation.push(soundOf([...speech(3), ...silence(20)]));
    const events: TurnEvent[] = [];
    const listening = (async () => {
      for await (const event of conversation.events) events.push(event);
    })();
    await expect(listening).rejects.toBe(failure);
    expect(kinds(events)).toEqual(['speechStart', 'speechEnd', 'audio', 'audio']);
    expect(isClosed()).toBe(true);
    expect(await collected(conversation)).toEqual([]);
    await expect(conversation.push(soundOf([1]))).rejects.toMatchObject({ code: 'session-closed' });
    expect(() => conversation.pushText('hello')).toThrow(/takes nothing more/);
    await conversation.close();
  });

  test('comes too when the detector or the rollback fails', async () => {
    const deaf = await opened({ respond: () => says(1) });
    await expect(deaf.conversation.push(soundOf([1, 666]))).rejects.toMatchObject({ code: 'session-closed' });
    await expect(collected(deaf.conversation)).rejects.toThrow('the detector broke');
    expect(deaf.isClosed()).toBe(true);
    const stuck = await opened({
      respond: () => says(50),
      rollback: () => Promise.reject(new Error('too far back')),
    });
    stuck.conversation.pushText('one');
    await take(stuck.conversation, 2);
    stuck.conversation.pushText('two');
    await expect(collected(stuck.conversation)).rejects.toThrow('too far back');
    expect(stuck.isClosed()).toBe(true);
  });

  test('is the reason of the signal, at once', async () => {
    const abort = new AbortController();
    const { conversation, isClosed } = await opened({ respond: () => says(50), signal: abort.signal });
    conversation.pushText('one');
    await take(conversation, 2);
    await settled();
    abort.abort('enough');
    await expect(conversation.events.next()).rejects.toBe('enough');
    expect(isClosed()).toBe(true);
    expect(await collected(conversation)).toEqual([]);
  });

  test('drops what was not given out when it is closed, also twice, and when the listener leaves', async () => {
    for (const leave of [false, true]) {
      const tools: Promise<unknown>[] = [];
      const { conversation, isClosed } = await opened({
        async *respond(_, { callTool }) {
          tools.push(callTool('never', {}));
          yield* says(50);
        },
      });
      conversation.pushText('one');
      await take(conversation, 3);
      if (leave) await conversation.events.return!();
      else await Promise.all([conversation.close(), conversation.close()]);
      await conversation.close();
      expect(isClosed()).toBe(true);
      await expect(tools[0]).rejects.toMatchObject({ code: 'session-closed' });
      expect(await collected(conversation)).toEqual([]);
    }
  });

  test('waits for the answer to speech that goes on', async () => {
    const { conversation, isClosed } = await opened({ respond: () => says(20) });
    await conversation.push(soundOf([...silence(9), ...speech(30)]));
    conversation.end();
    await expect(conversation.push(soundOf([1]))).rejects.toMatchObject({ code: 'session-closed' });
    const events = await collected(conversation);
    expect(events[1]).toEqual({ kind: 'speechEnd', sample: 39, turn: 0 });
    expect(soundIn(events)).toEqual(soundOfAnswer(20));
    expect(isClosed()).toBe(true);
  });

  test('is not brought about by sound of another kind', async () => {
    const { conversation } = await opened({ respond: () => says(1) });
    await expect(conversation.push({ ...soundOf([1]), sampleRateHz: 8000 })).rejects.toMatchObject({
      code: 'audio-format',
    });
    await conversation.push(soundOf([1]));
    await conversation.close();
    const { detokenizer } = scriptedCodec();
    const texts = await openTurnConversation({ detokenizer, respond: () => says(1) });
    await expect(texts.push(soundOf([1]))).rejects.toMatchObject({ code: 'argument-invalid' });
    await texts.close();
    const { streaming: _, ...silent } = detokenizer;
    await expect(openTurnConversation({ detokenizer: silent, respond: () => says(1) })).rejects.toMatchObject({
      code: 'argument-invalid',
    });
  });
});

test('metrics count the time of the model, and the time to the first sound from the end of the turn', async () => {
  let now = 0;
  const { conversation } = await opened({
    nowMs: () => now,
    async *respond(_, { callTool }) {
      for (let k = 0; k < 40; k++) {
        now += 5;
        if (k === 20) await callTool('slow', {});
        yield frame(k);
      }
    },
  });
  conversation.pushText('hello');
  for await (const event of conversation.events) {
    now += 3;
    if (event.kind === 'toolCall') {
      now += 1000;
      conversation.toolResult(event.id, 0);
      conversation.end();
    }
  }
  const report = conversation.metrics();
  expect(report.timeToFirstAudioMs).toBe(10);
  expect(report.stepCount).toBe(39);
  expect(report.p99StepMs).toBeLessThan(20);
  expect(report.audioSeconds).toBeCloseTo(0.4, 9);
});
