import type {
  ChooseToken,
  SpeechGeneration,
  SpeechLanguageModelV0,
  SpeechPart,
  SpeechRequest,
} from '@speech-tokens/core';
import { createSampler } from '../../sampler/sampler.ts';
import { checkRequest, invalidRequest } from '../speech-request.ts';
import { type CsmSegment, csmPrompt } from './csm-prompt.ts';
import { csmSpeech } from './csm-speech.ts';

/** The last ids of each codebook, which are no codes of Mimi: 2048 to 2050. */
const idsWithoutSound = 3;

/** Speakers are numbers that the text begins with; these have one digit. */
const voices = Array.from({ length: 10 }, (_, speaker) => String(speaker));

/**
 * What CSM says on request: the text in the voice of a speaker. That voice is the prompt's, or any where there is none.
 * Samples with temperature 0.9 among the 50 best, as the authors do. Source: SesameAILabs/csm, generator.py (`generate`).
 * @param textIds ids of a text, its begin and its end included
 */
export function csmGeneration(
  model: SpeechLanguageModelV0,
  textIds: (text: string) => readonly number[],
): SpeechGeneration {
  const codec = { id: 'rvq:mimi', codebookCount: model.streams.length - 1 };
  const terms = { codec, takes: { text: 'needed', prompt: 'optional' }, voices } as const;
  return {
    ...terms,
    async *generate(request): AsyncGenerator<SpeechPart, void, undefined> {
      checkRequest(terms, request);
      const prompt = csmPrompt(segmentsOf(request), textIds, codec.codebookCount);
      const rowCount = prompt.length / model.streams.length;
      if (rowCount > model.contextSteps) {
        const wanted = `at most ${model.contextSteps}`;
        throw invalidRequest('prompt', 'Text and prompt are longer than the context', `${rowCount} steps`, wanted);
      }
      // The last frame of a full context is said, but not read.
      const room = model.contextSteps - rowCount + 1;
      const session = await model.open();
      try {
        for await (const grid of csmSpeech(session, {
          prompt,
          choose: chooser(model, request),
          tokenSpace: request.codecSpace,
          maxFrames: Math.min(request.maxFrames ?? room, room),
          ...(request.signal === undefined ? {} : { signal: request.signal }),
        })) {
          yield { kind: 'grid', grid };
        }
      } finally {
        await session.close();
      }
    },
  };
}

function segmentsOf({ text = '', prompt, voice = '0' }: SpeechRequest): CsmSegment[] {
  const speaker = Number(voice);
  if (prompt === undefined) return [{ speaker, text }];
  if (prompt.text === undefined) {
    throw invalidRequest('prompt', 'The model cannot follow the prompt', 'no text of it', 'what is said in it');
  }
  return [
    { speaker, text: prompt.text, audio: prompt.grid },
    { speaker, text },
  ];
}

function chooser({ streams }: SpeechLanguageModelV0, { codecSpace, random, sampling }: SpeechRequest): ChooseToken {
  const samplers = streams.map(({ name, role, vocabularySize }, k) => {
    if (role !== 'out') return undefined;
    const codeCount = Math.min(vocabularySize - idsWithoutSound, codecSpace.codebooks[k]?.size ?? vocabularySize);
    return createSampler({
      vocabularySize,
      temperature: 0.9,
      topK: 50,
      ...sampling,
      forbidden: [{ first: codeCount, end: vocabularySize }],
      random: random.fork(name),
    });
  });
  return ({ stream }, logits) => samplers[stream]!.sample(logits);
}
