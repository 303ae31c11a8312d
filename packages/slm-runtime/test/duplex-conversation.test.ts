import { createRandom } from '@speech-tokens/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DuplexConversation, type DuplexEvent, type DuplexStep, openDuplexConversation } from '../src/index.ts';
import { samplesOf, scriptedCodec, soundOf } from './support/scripted-codec.ts';
import { partsOf, type ScriptedDuplex, scriptedDuplex } from './support/scripted-duplex.ts';

const random = createRandom(1);

async function opened(options: { signal?: AbortSignal; readyEvents?: number; nowMs?: () => number } = {}) {
  const codec = scriptedCodec();
  const model = scriptedDuplex();
  const conversation = await openDuplexConversation(model, { ...codec, random, ...options });
  return { codec, model, conversation };
}

/** Everything that can happen without another push or a listener has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function collected({ events }: DuplexConversation): Promise<DuplexEvent[]> {
  const all: DuplexEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** What the codec and the model make of the whole sound. */
function offline(samples: readonly number[]) {
  const heard: number[] = [];
  const texts: { text: string; step: number }[] = [];
  const sound: number[] = [];
  let sum = 0;
  for (let at = 0; at < samples.length; at += 10) {
    heard.push(samples.slice(at, at + 10).reduce((total, value) => total + value, 0));
    for (const part of partsOf(heard)) {
      if (part.kind === 'text') texts.push({ text: part.text, step: heard.length - 1 });
      else if (part.kind === 'grid') {
        sum += part.grid.tracks[0]!.ids[0]!;
        sound.push(...new Array<number>(10).fill(sum));
      }
    }
  }
  return { heard, texts, sound };
}

function parted(events: readonly DuplexEvent[]) {
  const sound = samplesOf(events.flatMap((event) => (event.kind === 'audio' ? [event.chunk] : [])));
  const texts = events.flatMap((event) => (event.kind === 'text' ? [{ text: event.text, step: event.step }] : []));
  return { sound, texts };
}

const whole = (count: number): number[] => Array.from({ length: count }, (_, n) => (n * 7) % 13);

async function pushInPieces(conversation: DuplexConversation, samples: readonly number[], sizes: readonly number[]) {
  for (let at = 0, k = 0; at < samples.length; k++) {
    const size = sizes[k % sizes.length]!;
    const piece = soundOf(samples.slice(at, at + size));
    const push = conversation.push(piece);
    piece.channels[0]!.fill(1e6); // it is the caller's again
    await push;
    at += size;
  }
  conversation.end();
}

describe('a conversation with a model that hears while it speaks', () => {
  test('says what the whole sound makes it say, whatever the pieces of the microphone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(300),
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 5 }),
        async (count, sizes, readyEvents) => {
          const { model, conversation, codec } = await opened({ readyEvents });
          const samples = whole(count);
          const [events] = await Promise.all([collected(conversation), pushInPieces(conversation, samples, sizes)]);
          const { heard, ...said } = offline(samples);
          expect(model.heard).toEqual(heard);
          expect(parted(events)).toEqual(said);
          expect([codec.open.count, model.isOpen]).toEqual([0, false]);
        },
      ),
    );
  });

  test('waits for the microphone, and invents nothing', async () => {
    const { model, conversation } = await opened();
    const listening = collected(conversation);
    await conversation.push(soundOf(whole(29)));
    await settled();
    expect(model.heard.length).toBe(2);
    await conversation.push(soundOf([]));
    await settled();
    expect(model.heard.length).toBe(2);
    await conversation.push(soundOf(whole(1)));
    await settled();
    expect(model.heard.length).toBe(3);
    await conversation.close();
    await listening;
  });

  test('takes no more of the microphone than it holds while the listener is slow, and loses nothing', async () => {
    const { model, conversation } = await opened({ readyEvents: 2 });
    const samples = whole(600);
    let pushed = 0;
    const pushing = (async () => {
      for (; pushed < 60; pushed++) await conversation.push(soundOf(samples.slice(10 * pushed, 10 * pushed + 10)));
      conversation.end();
    })();
    await settled();
    const events: DuplexEvent[] = [];
    for (let taken = 0; taken < 20; taken++) {
      // Two events are ready, one waits for room, and a step gives at most two.
      expect(model.heard.length).toBeLessThanOrEqual(events.length + 2 + 2 + 1);
      expect(pushed).toBeLessThanOrEqual(model.heard.length + 4 + 1);
      events.push((await conversation.events.next()).value!);
      await settled();
    }
    const [rest] = await Promise.all([collected(conversation), pushing]);
    expect(parted([...events, ...rest])).toMatchObject({ sound: offline(samples).sound });
  });

  test('stops within a step when the signal aborts', async () => {
    const abort = new AbortController();
    const { model, conversation, codec } = await opened({ signal: abort.signal });
    const reason = new Error('enough');
    const push = conversation.push(soundOf(whole(1000)));
    push.catch(() => undefined);
    let given = 0;
    model.beforeStep = (step) => {
      if (step === 6) abort.abort(reason);
    };
    const listening = (async () => {
      for await (const _ of conversation.events) {
        expect(abort.signal.aborted).toBe(false);
        given += 1;
      }
    })();
    await expect(listening).rejects.toBe(reason);
    expect(given).toBeGreaterThan(0);
    expect(model.heard.length).toBe(6);
    expect([codec.open.count, model.isOpen]).toEqual([0, false]);
    await expect(push).rejects.toMatchObject({ code: 'session-closed' });
    expect(await conversation.events.next()).toEqual({ done: true, value: undefined });
  });

  test('aborts the step that is in progress when it is closed; what was made is dropped', async () => {
    const { model, conversation, codec } = await opened();
    let reason: unknown;
    model.beforeStep = (step, signal) =>
      step < 3
        ? undefined
        : new Promise((_, reject) => {
            signal!.addEventListener('abort', () => {
              reason = signal!.reason;
              reject(signal!.reason);
            });
          });
    await conversation.push(soundOf(whole(40)));
    await settled();
    const waiting = conversation.push(soundOf(whole(100)));
    const closing = [conversation.close(), conversation.close()];
    await expect(waiting).rejects.toMatchObject({ code: 'session-closed' });
    await Promise.all(closing);
    expect(reason).toMatchObject({ code: 'session-closed' });
    expect(await collected(conversation)).toEqual([]);
    expect([codec.open.count, model.isOpen]).toEqual([0, false]);
    await expect(conversation.push(soundOf([1]))).rejects.toMatchObject({ code: 'session-closed' });
    await conversation.close();
  });

  test('ends when the listener leaves', async () => {
    const { conversation, codec, model } = await opened();
    await conversation.push(soundOf(whole(40)));
    for await (const event of conversation.events) {
      expect(event.kind).toBe('audio');
      break;
    }
    await conversation.close();
    expect([codec.open.count, model.isOpen]).toEqual([0, false]);
  });

  test('gives what was said before a failure, then the failure, once, and closes everything', async () => {
    const { model, conversation, codec } = await opened();
    const failure = new Error('the model broke');
    model.beforeStep = (step) => {
      if (step === 5) throw failure;
    };
    const pushing = conversation.push(soundOf(whole(500)));
    const events: DuplexEvent[] = [];
    const listening = (async () => {
      for await (const event of conversation.events) events.push(event);
    })();
    await expect(listening).rejects.toBe(failure);
    await expect(pushing).rejects.toMatchObject({ code: 'session-closed' });
    // Four frames were said, and the codec holds the last of them.
    expect(parted(events)).toEqual({
      sound: offline(whole(500)).sound.slice(0, 30),
      texts: [{ text: 'word 2', step: 2 }],
    });
    expect([codec.open.count, model.isOpen]).toEqual([0, false]);
    expect(await collected(conversation)).toEqual([]);
    await conversation.close();
  });

  test('tells of each step before what it says comes out, with the last part of a frame, and waits', async () => {
    let now = 0;
    const steps: DuplexStep[] = [];
    const codec = scriptedCodec();
    const model = scriptedDuplex();
    model.beforeStep = () => {
      now += 4;
    };
    const conversation = await openDuplexConversation(model, {
      ...codec,
      random,
      nowMs: () => now,
      async onStep(step) {
        await settled();
        steps.push(step);
      },
    });
    const pushing = pushInPieces(conversation, whole(35), [35]);
    let textStep: number | undefined;
    for await (const event of conversation.events) {
      if (event.kind === 'text') textStep = event.step;
      expect(steps.length).toBeGreaterThan(event.kind === 'text' ? event.step : 0);
    }
    await pushing;
    expect(textStep).toBe(2);
    expect(steps.map(({ step, heard, startMs, tookMs }) => [step, heard, startMs, tookMs])).toEqual([
      [0, { startSample: 0, sampleCount: 10 }, 0, 4],
      [1, { startSample: 10, sampleCount: 10 }, 4, 4],
      [2, { startSample: 20, sampleCount: 10 }, 8, 4],
      [3, { startSample: 30, sampleCount: 5 }, 12, 4],
    ]);
    expect(steps[2]!.parts).toEqual(partsOf(model.heard.slice(0, 3)));
  });

  test('ends with what the teller of steps throws', async () => {
    const failure = new Error('no room for the log');
    const options = { ...scriptedCodec(), random, onStep: () => Promise.reject(failure) };
    const conversation = await openDuplexConversation(scriptedDuplex(), options);
    await conversation.push(soundOf(whole(20)));
    await expect(collected(conversation)).rejects.toBe(failure);
  });

  test('refuses sound of another kind, and goes on', async () => {
    const { conversation, model } = await opened();
    const bad = [
      { ...soundOf([1, 2]), sampleRateHz: 16_000 },
      { sampleRateHz: 1000, channels: [new Float32Array(1), new Float32Array(1)] },
      soundOf([Number.NaN]),
    ];
    for (const clip of bad) await expect(conversation.push(clip)).rejects.toMatchObject({ code: 'audio-format' });
    await conversation.push(soundOf(whole(10)));
    await settled();
    expect(model.heard).toEqual(offline(whole(10)).heard);
    await conversation.close();
  });

  test('leaves nothing open when it cannot be opened', async () => {
    const codec = scriptedCodec();
    const model: ScriptedDuplex = { ...scriptedDuplex(), open: () => Promise.reject(new Error('no weights')) };
    await expect(openDuplexConversation(model, { ...codec, random })).rejects.toThrow('no weights');
    expect(codec.open.count).toBe(0);
    const { streaming: _, ...silent } = codec.tokenizer;
    const calls = [
      openDuplexConversation(scriptedDuplex(), { ...codec, tokenizer: silent, random }),
      openDuplexConversation(scriptedDuplex(), { ...codec, random, readyEvents: 0 }),
      openDuplexConversation(scriptedDuplex(), { ...codec, random, heardFrames: 0.5 }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'argument-invalid' });
    const aborted = openDuplexConversation(scriptedDuplex(), { ...codec, random, signal: AbortSignal.abort('no') });
    await expect(aborted).rejects.toBe('no');
    expect(codec.open.count).toBe(0);
  });

  test('measures by the clock that it is given', async () => {
    let now = 0;
    const { conversation, model } = await opened({ nowMs: () => now });
    model.beforeStep = () => {
      now += 4;
    };
    const listening = collected(conversation);
    for (let step = 0; step < 50; step++) {
      await conversation.push(soundOf(whole(10)));
      await settled();
      now += 6;
    }
    conversation.end();
    await listening;
    const report = conversation.metrics();
    // The first sound comes in the third step: a frame of the model's and one of the codec's later.
    expect(report.timeToFirstAudioMs).toBe(3 * 4 + 2 * 6);
    expect(report.stepCount).toBe(50);
    expect(report.medianStepMs).toBeCloseTo(4, 1);
    expect(report.audioSeconds).toBeCloseTo(0.49, 9);
    expect(report.realTimeFactor).toBeCloseTo((50 * 4) / 490, 9);
  });
});
