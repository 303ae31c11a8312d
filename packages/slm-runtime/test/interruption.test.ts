import { createRandom, type LanguageModelSession } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { soundOf } from './support/scripted-codec.ts';
import {
  collected,
  frame,
  kinds,
  opened,
  says,
  settled,
  silence,
  soundIn,
  soundOfAnswer,
  speech,
  take,
} from './support/turn-script.ts';

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

  test('drops text and ids without a frame too', async () => {
    const { conversation } = await opened({
      async *respond({ index }) {
        if (index > 0) return;
        yield frame(0);
        yield { kind: 'text', text: 'word' };
        yield { kind: 'broken', ids: Uint32Array.of(7) };
        yield* says(100);
      },
    });
    conversation.pushText('hello');
    await take(conversation, 1);
    await settled();
    conversation.pushText('stop');
    expect(kinds(await take(conversation, 2))).toEqual(['interrupted', 'answerEnd']);
    await conversation.close();
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
      { numRuns: 100 },
    );
  });
});
