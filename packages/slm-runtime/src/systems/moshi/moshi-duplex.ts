import {
  type ChooseToken,
  type DuplexSession,
  type ModelCodec,
  type ModelRequest,
  type SpeechDuplex,
  type SpeechGeneration,
  type SpeechLanguageModelV0,
  type SpeechPart,
  SpeechTokensError,
  type TokenGrid,
} from '@speech-tokens/core';
import { createSampler } from '../../sampler/sampler.ts';
import { createPieceDecoder, type SentencePiece } from '../../text/sentence-pieces.ts';
import { checkCodecSpace, checkRequest, checkSpeech } from '../speech-request.ts';
import { createMoshiConversation, type MoshiTurn } from './moshi-conversation.ts';

export type MoshiModel = SpeechLanguageModelV0 & { readonly delaySteps: readonly number[] };

/** Ids of text that mark padding, and its end. */
const paddingIds: readonly number[] = [0, 3];

/**
 * Moshi's conversation: 80 ms of the user and 80 ms of its own at each step, and what it thinks, in pieces of text.
 * Temperature 0.8 among 250 codes, and 0.7 among 25 pieces of text, as the authors have it; other settings are for both.
 * As in their program the first frame is given twice, since marks of the start go in instead of it. So it is heard, and
 * an answer is as long as what was heard.
 * Source: kyutai-labs/moshi, moshi/moshi/run_inference.py, moshi/moshi/models/lm.py (`LMGen`).
 */
export function moshiDuplex(model: MoshiModel, pieces: readonly SentencePiece[]): SpeechDuplex {
  const codec = codecOf(model);
  return {
    codec,
    async open(request) {
      checkCodecSpace(request, codec);
      return openDuplex(model, pieces, request);
    },
  };
}

/**
 * What Moshi says to a recording: it hears the prompt, and speaks at the same time, for as long as that lasts. It is not
 * taken for speech of its own, since the authors' program for recordings lets it be heard, and ends with it.
 * Source: kyutai-labs/moshi, moshi/moshi/run_inference.py (`InferenceState.run`).
 */
export function moshiGeneration({ codec, open }: SpeechDuplex): SpeechGeneration {
  const terms = { codec, takes: { text: 'refused', prompt: 'needed' } } as const;
  return {
    ...terms,
    async *generate(request): AsyncGenerator<SpeechPart, void, undefined> {
      checkRequest(terms, request);
      const { maxFrames = Number.POSITIVE_INFINITY, signal } = request;
      const { tracks, startSample, tokenSpace } = request.prompt!.grid;
      const session = await open(request);
      try {
        const hopSamples = hopOf(request);
        const frameCount = Math.min(tracks[0]!.ids.length, maxFrames);
        for (let frame = 0; frame < frameCount; frame++) {
          const heard = {
            tokenSpace,
            startSample: startSample + frame * hopSamples,
            sampleCount: hopSamples,
            tracks: tracks.map(({ ids }) => ({ ids: ids.subarray(frame, frame + 1) })),
          };
          yield* await session.step(heard, signal === undefined ? {} : { signal });
        }
      } finally {
        await session.close();
      }
    },
  };
}

async function openDuplex(
  model: MoshiModel,
  pieces: readonly SentencePiece[],
  request: ModelRequest,
): Promise<DuplexSession> {
  const session = await model.open();
  const conversation = createMoshiConversation(model, session, chooser(model, request));
  const decoder = createPieceDecoder(pieces);
  const userCount = model.streams.filter(({ role }) => role === 'in').length;
  const hopSamples = hopOf(request);
  let startSample = 0;
  let hasStarted = false;

  function partsOf({ textId, codes }: MoshiTurn): SpeechPart[] {
    const parts: SpeechPart[] = [];
    const text = paddingIds.includes(textId) ? '' : decoder.push(textId);
    if (text !== '') parts.push({ kind: 'text', text });
    if (codes !== undefined) {
      const tracks = Array.from(codes, (code) => ({ ids: Uint32Array.of(code) }));
      const grid = { tokenSpace: request.codecSpace, startSample, sampleCount: hopSamples, tracks };
      parts.push({ kind: 'grid', grid });
      startSample += hopSamples;
    }
    return parts;
  }

  let held: SpeechPart[] = [];
  return {
    async step(heard, options = {}) {
      const codes = codesOf(heard, request, userCount);
      if (!hasStarted) {
        held = partsOf(await conversation.step(codes, options));
        hasStarted = true;
      }
      const turn = await conversation.step(codes, options);
      const parts = [...held, ...partsOf(turn)];
      held = [];
      return parts;
    },
    close: () => session.close(),
  };
}

/** The codes of a frame. @throws SpeechTokensError `token-grid-invalid` */
function codesOf(heard: TokenGrid, request: ModelRequest, userCount: number): Int32Array {
  checkSpeech(heard, request, userCount);
  const { tracks } = heard;
  const odd = tracks.find(({ ids }) => ids.length !== 1);
  if (odd === undefined) return Int32Array.from({ length: userCount }, (_, k) => tracks[k]!.ids[0]!);
  throw new SpeechTokensError('token-grid-invalid', {
    problem: 'A step of the conversation hears one frame',
    found: `${odd.ids.length} frames`,
    wanted: '1',
    remedy: 'Give the frames one by one',
    details: {},
  });
}

function codecOf({ streams }: MoshiModel): ModelCodec {
  const count = (role: 'in' | 'out'): number => streams.filter((stream) => stream.role === role).length;
  return { id: 'rvq:mimi', codebookCount: Math.max(count('out') - 1, count('in')) };
}

function hopOf({ codecSpace }: ModelRequest): number {
  return codecSpace.codebooks[0]!.hopSamples!;
}

/** Logits are of all ids but the last, which marks the start. */
function chooser({ streams }: MoshiModel, { codecSpace, random, sampling }: ModelRequest): ChooseToken {
  const samplers = streams.map(({ name, role, vocabularySize }, stream) => {
    if (role !== 'out') return undefined;
    const isText = stream === 0;
    const idCount = vocabularySize - 1;
    const codeCount = isText ? idCount : (codecSpace.codebooks[stream - 1]?.size ?? idCount);
    return createSampler({
      vocabularySize: idCount,
      ...(isText ? { temperature: 0.7, topK: 25 } : { temperature: 0.8, topK: 250 }),
      ...sampling,
      ...(codeCount < idCount ? { forbidden: [{ first: codeCount, end: idCount }] } : {}),
      random: random.fork(name),
    });
  });
  return ({ stream }, logits) => samplers[stream]!.sample(logits);
}
