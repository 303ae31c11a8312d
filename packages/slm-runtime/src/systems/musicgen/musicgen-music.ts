import type { ChooseToken, LanguageModelSession, ModelRequest, TokenGrid } from '@speech-tokens/core';
import { joinedColumns } from '../../layout/columns.ts';
import { framesToGrid, gridToFrames } from '../../layout/frame-grids.ts';
import { type FrameLayout, noId } from '../../layout/frame-layout.ts';
import { createStepReader } from '../../layout/step-reader.ts';
import { createStepWriter, fillChosen } from '../../layout/step-writer.ts';
import { createSampler, type Sampler } from '../../sampler/sampler.ts';
import { checkFrameCount, invalidRequest } from '../speech-request.ts';
import { musicChannel, musicgenLayout } from './musicgen-layout.ts';

/** How far MusicGen goes from what it would play without a text. */
const usualGuidanceScale = 3;

export interface MusicgenRequest extends ModelRequest {
  /** Frames to play: the pattern's end has to be known from its beginning. */
  readonly frameCount: number;
  /** Music to go on from. */
  readonly prompt?: TokenGrid;
  /** 3 where absent; needs an `unconditional` session where it is not 1. */
  readonly guidanceScale?: number;
}

/** Sessions of one model, which has as many streams that it writes as the codec has codebooks. */
export interface MusicgenSessions {
  /** Has heard what the music shall be like. */
  readonly conditional: LanguageModelSession;
  /** Has not: for guidance. */
  readonly unconditional?: LanguageModelSession;
}

/**
 * Music, a grid for each frame as soon as its last codebook is there. The model is asked only for cells that the pattern
 * leaves to it. Sessions are not closed.
 * Source: huggingface/transformers, models/musicgen/modeling_musicgen.py (`generate`; top-k 250 and scale 3 are those of
 * the published generation_config.json).
 * @throws SpeechTokensError `argument-invalid`, `token-grid-invalid`; what `LanguageModelSession.step` throws
 */
export async function* musicgenMusic(
  { conditional, unconditional }: MusicgenSessions,
  request: MusicgenRequest,
): AsyncGenerator<TokenGrid, void, undefined> {
  const { codecSpace, frameCount, prompt, signal } = request;
  checkMusic(request, unconditional);
  const layout = musicgenLayout(codecSpace);
  const promptFrames = prompt === undefined ? [] : gridToFrames(layout, musicChannel, prompt);
  const samplers = samplersOf(layout, request);
  const options = signal === undefined ? {} : { signal };

  /** Reads rows, and chooses what stands in the next one where that is for the model to say. */
  const predict = async (rows: Int32Array, next: Int32Array): Promise<Int32Array> => {
    const isAsked = (stream: number): boolean => next[stream] === noId;
    const without = new Map<number, Float32Array>();
    const keep: ChooseToken = ({ stream }, logits) => {
      if (isAsked(stream)) without.set(stream, logits.slice());
      return 0;
    };
    const choose: ChooseToken = ({ stream }, logits) => {
      if (!isAsked(stream)) return noId;
      const other = without.get(stream);
      return samplers[stream]!.sample(logits, other === undefined ? {} : { unconditional: other });
    };
    await unconditional?.step(rows, keep, options);
    return await conditional.step(rows, choose, options);
  };

  const reader = createStepReader(layout);
  const hopSamples = codecSpace.codebooks[0]!.hopSamples!;
  let frame = 0;
  let unread: Int32Array[] = [];
  for (const step of patternSteps(layout, promptFrames, frameCount)) {
    if (step.includes(noId)) {
      fillChosen(layout, step, await predict(joinedColumns(unread), step));
      signal?.throwIfAborted();
      unread = [];
    }
    unread.push(step);
    for (const complete of reader.push(step)) {
      const played = frame++ - promptFrames.length;
      if (played >= 0) yield framesToGrid(layout, musicChannel, [complete], played * hopSamples);
    }
  }
}

/** All steps of the pattern: the prompt's ids in their places, `noId` where the model chooses. */
function* patternSteps(layout: FrameLayout, prompt: readonly Int32Array[], frameCount: number): Generator<Int32Array> {
  const writer = createStepWriter(layout);
  const open = new Int32Array(layout.streams.length).fill(noId);
  for (const frame of prompt) yield* writer.push(frame);
  for (let frame = 0; frame < frameCount; frame++) yield* writer.push(open);
  yield* writer.flush();
}

function samplersOf(
  { streams }: FrameLayout,
  { random, sampling, guidanceScale = usualGuidanceScale }: MusicgenRequest,
): Sampler[] {
  return streams.map(({ name, vocabularySize }) =>
    createSampler({
      topK: Math.min(250, vocabularySize),
      ...sampling,
      guidanceScale,
      vocabularySize,
      random: random.fork(name),
    }),
  );
}

function checkMusic(
  { frameCount, guidanceScale = usualGuidanceScale }: MusicgenRequest,
  unconditional: LanguageModelSession | undefined,
): void {
  checkFrameCount('frameCount', frameCount);
  if (guidanceScale === 1 || unconditional !== undefined) return;
  const problem = `Guidance of scale ${guidanceScale} takes two sessions`;
  const remedy = 'Open another session of the model, or ask for guidanceScale 1';
  throw invalidRequest('unconditional', problem, 'one', 'one without a text too', remedy);
}
