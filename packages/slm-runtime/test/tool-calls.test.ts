import { describe, expect, test } from 'vitest';
import type { AnswerContext, TurnConversationOptions } from '../src/index.ts';
import { collected, kinds, opened, settled, take } from './support/turn-script.ts';

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
