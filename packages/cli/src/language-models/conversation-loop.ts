import { setTimeout as pause } from 'node:timers/promises';
import type { DuplexSession, SpeechPart, TokenGrid } from '@speech-tokens/core';
import { createSessionMetrics, type MetricsReport } from '@speech-tokens/slm-runtime';
import type { AnswerSound } from './answer-sound.ts';
import type { StepEvent } from './conversation-log.ts';
import { frameSamplesOf } from './model-run.ts';

export interface ConversationParts {
  readonly session: DuplexSession;
  /** Frames of the microphone, from the start of the conversation on. */
  readonly heard: AsyncIterable<TokenGrid>;
  readonly answer: AnswerSound;
  readonly signal: AbortSignal;
  /** Waits until a frame has been spoken, where absent goes on at once. */
  readonly isRealtime: boolean;
  readonly onText: (text: string) => void;
  readonly onStep: (event: StepEvent) => Promise<void>;
}

export interface ConversationFigures {
  readonly stepCount: number;
  /** Of the token space. */
  readonly heardSamples: number;
  readonly metrics: MetricsReport;
  /** The most, and at the last step; in real time alone. */
  readonly behindSeconds?: { readonly most: number; readonly atEnd: number };
}

/** A step for each frame that is heard. At the end the answer is as long as what was heard. */
export async function runConversation(parts: ConversationParts): Promise<ConversationFigures> {
  const { session, answer, signal, isRealtime, onText, onStep } = parts;
  const metrics = createSessionMetrics(() => performance.now());
  const startMs = performance.now();
  let stepCount = 0;
  let heardSamples = 0;
  let hasSpoken = false;
  const behind = { most: 0, atEnd: 0 };

  const take = async (said: readonly SpeechPart[]): Promise<Pick<StepEvent, 'text' | 'brokenIds'>> => {
    let text = '';
    const brokenIds: number[] = [];
    for (const part of said) {
      if (part.kind === 'text') text += part.text;
      else if (part.kind === 'broken') brokenIds.push(...part.ids);
      else {
        await answer.push(part.grid);
        metrics.audio(part.grid.sampleCount, part.grid.tokenSpace.sampleRateHz);
      }
    }
    if (text !== '') onText(text);
    return { ...(text === '' ? {} : { text }), ...(brokenIds.length === 0 ? {} : { brokenIds }) };
  };

  metrics.request();
  for await (const heard of parts.heard) {
    const rate = heard.tokenSpace.sampleRateHz;
    const dueMs = startMs + (1000 * (heard.startSample + heard.sampleCount)) / rate;
    if (isRealtime) {
      await until(dueMs, signal);
      behind.atEnd = Math.max(0, performance.now() - dueMs) / 1000;
      behind.most = Math.max(behind.most, behind.atEnd);
    }
    const stepMs = performance.now();
    const end = metrics.beginStep();
    const said = await session.step(heard, { signal });
    end();
    const stepSeconds = (performance.now() - stepMs) / 1000;
    const heardEnd = heard.startSample + heard.sampleCount;
    // A frame that is not whole is the last one.
    if (heard.sampleCount < frameSamplesOf(heard.tokenSpace)) answer.endAt(heardEnd);
    if (!hasSpoken && said.some(({ kind }) => kind === 'grid')) {
      hasSpoken = true;
      answer.begin(heard.startSample);
    }
    const startSample = answer.endSample;
    const beside = await take(said);
    const endSample = answer.endSample;
    await onStep({
      step: stepCount,
      seconds: heard.startSample / rate,
      stepSeconds,
      ...(isRealtime ? { behindSeconds: behind.atEnd } : {}),
      ...beside,
      ...(endSample > startSample ? { answer: { startSample, endSample } } : {}),
    });
    stepCount += 1;
    heardSamples = heardEnd;
  }
  await answer.finish(heardSamples);
  return { stepCount, heardSamples, metrics: metrics.report(), ...(isRealtime ? { behindSeconds: behind } : {}) };
}

/** Waits for a time of `performance.now`. @throws the reason of the signal */
async function until(dueMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = dueMs - performance.now();
  if (leftMs > 0) await pause(leftMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}
