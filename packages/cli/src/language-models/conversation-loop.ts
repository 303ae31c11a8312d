import type { AudioFile } from '@speech-tokens/audio-files';
import type { ModelRequest, SpeechDetokenizerV1, SpeechDuplex, SpeechTokenizerV1 } from '@speech-tokens/core';
import { type DuplexStep, type MetricsReport, openDuplexConversation } from '@speech-tokens/slm-runtime';
import type { AnswerSound } from './answer-sound.ts';
import type { StepEvent } from './conversation-log.ts';
import { speakInto } from './microphone.ts';
import { frameSamplesOf } from './model-run.ts';

export interface ConversationParts extends Pick<ModelRequest, 'random' | 'sampling'> {
  readonly duplex: SpeechDuplex;
  readonly tokenizer: SpeechTokenizerV1;
  readonly detokenizer: SpeechDetokenizerV1;
  /** The microphone. */
  readonly file: AudioFile;
  /** Silence after the recording. */
  readonly tailSeconds: number;
  readonly answer: AnswerSound;
  readonly signal: AbortSignal;
  /** Whether a frame is heard when it has been spoken, or all at once. */
  readonly isRealtime: boolean;
  readonly onText: (text: string) => void;
  readonly onStep: (event: StepEvent) => Promise<void>;
}

export interface ConversationFigures {
  readonly stepCount: number;
  readonly metrics: MetricsReport;
  /** The most, and at the last step; in real time alone. */
  readonly behindSeconds?: { readonly most: number; readonly atEnd: number };
}

/** A conversation with a recording. At the end the answer is as long as what was heard. */
export async function runConversation(parts: ConversationParts): Promise<ConversationFigures> {
  const { duplex, tokenizer, detokenizer, random, sampling, file, tailSeconds, answer, signal, isRealtime } = parts;
  const rate = tokenizer.tokenSpace.sampleRateHz;
  const frameSamples = frameSamplesOf(tokenizer.tokenSpace);
  let startMs = 0;
  let stepCount = 0;
  let heardSamples = 0;
  let hasSpoken = false;
  const behind = { most: 0, atEnd: 0 };

  const onStep = async ({ step, heard, parts: said, ...times }: DuplexStep): Promise<void> => {
    const { startSample, sampleCount } = heard;
    stepCount = step + 1;
    heardSamples = startSample + sampleCount;
    behind.atEnd = Math.max(0, (times.startMs - startMs) / 1000 - heardSamples / rate);
    behind.most = Math.max(behind.most, behind.atEnd);
    // A frame that is not whole is the last one.
    if (sampleCount < frameSamples) answer.endAt(heardSamples);
    const text = said.map((part) => (part.kind === 'text' ? part.text : '')).join('');
    if (text !== '') parts.onText(text);
    const brokenIds = said.flatMap((part) => (part.kind === 'broken' ? [...part.ids] : []));
    const grids = said.flatMap((part) => (part.kind === 'grid' ? [part.grid] : []));
    if (!hasSpoken && grids.length > 0) {
      hasSpoken = true;
      answer.begin(startSample);
    }
    const from = answer.endSample;
    for (const grid of grids) answer.give(grid.sampleCount);
    await parts.onStep({
      step,
      seconds: startSample / rate,
      stepSeconds: times.tookMs / 1000,
      ...(isRealtime ? { behindSeconds: behind.atEnd } : {}),
      ...(text === '' ? {} : { text }),
      ...(brokenIds.length === 0 ? {} : { brokenIds }),
      ...(answer.endSample > from ? { answer: { startSample: from, endSample: answer.endSample } } : {}),
    });
  };

  const request = { random, ...(sampling === undefined ? {} : { sampling }), signal };
  const conversation = await openDuplexConversation(duplex, { tokenizer, detokenizer, ...request, onStep });
  startMs = performance.now();
  const realtime = isRealtime ? { realtimeStartMs: startMs } : {};
  const speaking = speakInto(conversation, tokenizer, { file, tailSeconds, signal, ...realtime });
  // Where the conversation fails, that is what is thrown; the microphone then has no one to speak to.
  speaking.catch(() => undefined);
  for await (const event of conversation.events) if (event.kind === 'audio') await answer.push(event.chunk);
  await speaking;
  await answer.finish(heardSamples);
  return { stepCount, metrics: conversation.metrics(), ...(isRealtime ? { behindSeconds: behind } : {}) };
}
