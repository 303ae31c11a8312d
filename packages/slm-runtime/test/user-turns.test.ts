import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openTurnConversation, type TurnConversationOptions, type UserTurn } from '../src/index.ts';
import { scriptedActivity } from './support/scripted-activity.ts';
import { scriptedCodec, soundOf } from './support/scripted-codec.ts';
import {
  collected,
  kinds,
  says,
  settled,
  silence,
  soundIn,
  soundOfAnswer,
  speech,
  take,
} from './support/turn-script.ts';

const pushToTalk = { sampleRateHz: 1000 };

/** A conversation that keeps the turns that it is asked to answer. */
async function opened(options: Partial<TurnConversationOptions>, frames = 0) {
  const turns: UserTurn[] = [];
  const conversation = await openTurnConversation({
    detokenizer: scriptedCodec().detokenizer,
    respond(turn) {
      turns.push(turn);
      return says(frames);
    },
    ...options,
  });
  return { conversation, turns };
}

const saidIn = (turns: readonly UserTurn[]) =>
  turns.map((turn) => turn.kind === 'audio' && [turn.audio.startSample, [...turn.audio.channels[0]!]]);

describe('turns that the host tells', () => {
  test('are what was pushed between the two calls, whatever the pieces, and nothing else', async () => {
    const sound = Array.from({ length: 200 }, (_, n) => n);
    const places = [
      [20, 60],
      [60, 61],
      [130, 200],
    ] as const;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), async (size) => {
        const { conversation, turns } = await opened({ pushToTalk });
        const listening = collected(conversation);
        let at = 0;
        const pushTo = async (end: number): Promise<void> => {
          for (; at < end; at = Math.min(end, at + size)) {
            await conversation.push(soundOf(sound.slice(at, Math.min(end, at + size))));
          }
        };
        for (const [from, to] of places) {
          await pushTo(from);
          conversation.beginTurn();
          conversation.beginTurn(); // in a turn: nothing
          await pushTo(to);
          conversation.endTurn();
          conversation.endTurn(); // without a turn: nothing
        }
        conversation.end();
        const boundaries = (await listening).filter(({ kind }) => kind.startsWith('speech'));
        expect(saidIn(turns)).toEqual(places.map(([from, to]) => [from, sound.slice(from, to)]));
        expect(boundaries).toEqual(
          places.flatMap(([from, to], turn) => [
            { kind: 'speechStart', sample: from },
            { kind: 'speechEnd', sample: to, turn },
          ]),
        );
      }),
    );
  });

  test('interrupt at once, also while nobody listens', async () => {
    const { conversation } = await opened({ pushToTalk, readyEvents: 2 }, 50);
    conversation.pushText('one');
    await take(conversation, 3);
    await settled();
    conversation.beginTurn();
    // What was ready of the answer is gone in this moment.
    expect(kinds(await take(conversation, 2))).toEqual(['interrupted', 'speechStart']);
    await conversation.push(soundOf(speech(4)));
    conversation.endTurn();
    conversation.end();
    const rest = await collected(conversation);
    expect(rest[0]).toEqual({ kind: 'speechEnd', sample: 4, turn: 1 });
    expect(soundIn(rest)).toEqual(soundOfAnswer(50));
  });

  test('end with the conversation', async () => {
    const { conversation, turns } = await opened({ pushToTalk }, 2);
    conversation.beginTurn();
    await conversation.push(soundOf(speech(7)));
    conversation.end();
    expect(kinds(await collected(conversation)).slice(0, 2)).toEqual(['speechStart', 'speechEnd']);
    expect(saidIn(turns)).toEqual([[0, speech(7)]]);
    for (const call of [() => conversation.beginTurn(), () => conversation.endTurn()]) {
      expect(call).toThrow(/takes nothing more/);
    }
  });

  test('are told in one way', async () => {
    const activity = scriptedActivity();
    const refused = { code: 'argument-invalid' };
    await expect(opened({ activity, pushToTalk })).rejects.toMatchObject(refused);
    await expect(opened({ pushToTalk: { sampleRateHz: 0.5 } })).rejects.toMatchObject(refused);
    await expect(opened({ pushToTalk, longestTurnSeconds: 0 })).rejects.toMatchObject(refused);
    await expect(opened({ pushToTalk, longestTurnSeconds: Number.NaN })).rejects.toMatchObject(refused);
    expect(activity.openCount).toBe(0);
    const { conversation } = await opened({ activity });
    expect(() => conversation.beginTurn()).toThrow(/without pushToTalk/);
    expect(() => conversation.endTurn()).toThrow(/without pushToTalk/);
    await conversation.close();
  });
});

describe('a turn that is too long', () => {
  const limits = { longestTurnSeconds: 0.03 };
  const sound = [silence(12), speech(70), silence(40), speech(30), silence(40)].flat();

  test.each([
    ['by voice activity', { activity: scriptedActivity() }],
    ['by the host', { pushToTalk }],
  ])('%s is cut, and what goes on is the next one', async (_, microphone) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (size) => {
        const { conversation, turns } = await opened({ ...limits, ...microphone });
        const isTold = 'pushToTalk' in microphone;
        const listening = collected(conversation);
        for (let at = 0; at < sound.length; ) {
          // Starts are padded by five samples; the second speech with its padding is 35 long.
          const next = [7, 82, 117, 152].find((place) => place > at) ?? sound.length;
          const end = Math.min(at + size, isTold ? next : sound.length);
          await conversation.push(soundOf(sound.slice(at, end)));
          at = end;
          if (isTold && (at === 7 || at === 117)) conversation.beginTurn();
          if (isTold && (at === 82 || at === 152)) conversation.endTurn();
        }
        conversation.end();
        await listening;
        const places = [
          [7, 37],
          [37, 67],
          [67, 82],
          [117, 147],
          [147, 152],
        ] as const;
        expect(saidIn(turns)).toEqual(places.map(([from, to]) => [from, sound.slice(from, to)]));
      }),
    );
  });

  test('of just that length is one', async () => {
    const { conversation, turns } = await opened({ pushToTalk, ...limits });
    conversation.beginTurn();
    await conversation.push(soundOf(speech(30)));
    conversation.endTurn();
    conversation.end();
    await collected(conversation);
    expect(saidIn(turns)).toEqual([[0, speech(30)]]);
  });

  test('is one of 120 seconds where nobody says another', async () => {
    const { conversation, turns } = await opened({ pushToTalk });
    conversation.beginTurn();
    await conversation.push({ sampleRateHz: 1000, channels: [new Float32Array(121_000)] });
    conversation.end();
    await collected(conversation);
    expect(turns.map((turn) => turn.kind === 'audio' && turn.audio.channels[0]!.length)).toEqual([120_000, 1000]);
  });
});
