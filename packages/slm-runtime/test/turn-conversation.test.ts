import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openTurnConversation, type TurnEvent, type UserTurn } from '../src/index.ts';
import { framesOf, scriptedCodec, soundOf } from './support/scripted-codec.ts';
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

test('a microphone waits while nobody listens', async () => {
  const { conversation } = await opened({ respond: () => says(50) });
  let heard = 0;
  const pushing = (async () => {
    for (let turn = 0; turn < 50; turn++) {
      await conversation.push(soundOf([...speech(3), ...silence(20)]));
      heard += 1;
    }
  })();
  pushing.catch(() => undefined);
  await settled();
  // Each turn is three events: its start, its end, and that its answer was interrupted.
  expect(heard).toBeGreaterThan(0);
  expect(heard).toBeLessThan(4);
  await take(conversation, 12);
  await settled();
  expect(heard).toBeGreaterThan(3);
  await conversation.close();
  await expect(pushing).rejects.toMatchObject({ code: 'session-closed' });
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
