import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom, type DetokenizerWindow, type SpeechDetokenizerV1, type TokenGrid } from '@speech-tokens/core';
import {
  createFlatReader,
  createSampler,
  csmSpeech,
  type ModelOptions,
  openCsm,
  openFlatModel,
  timeOrderedSlots,
} from '@speech-tokens/slm-runtime';
import { greatest } from './greatest.ts';

/** A checkpoint of tools/reference/make_language_models.py, made to step and to speak. */
export interface SpokenModel {
  /** Whose codes it says: the component's name after `rvq:`. */
  readonly codecName: 'mimi' | 'snac-24khz';
  /** How they become sound; by the codec's own stream where absent. */
  readonly window?: DetokenizerWindow;
  readonly stepsPerFrame: number;
  /** The most probable ids of one step; the first step reads what comes before. */
  step(): Promise<void>;
  /**
   * What it says after a prompt, a frame at a time, with the sampling and the layout of its authors: CSM's own, and
   * Orpheus's for a decoder over one sequence of ids. Weights are random: ids of the latter are in no order, and each is
   * moved to the codes of its place.
   */
  speak(detokenizer: SpeechDetokenizerV1): AsyncGenerator<TokenGrid, void, undefined>;
  close(): Promise<void>;
}

export async function openSpokenModel(folder: string, context: number, options: ModelOptions): Promise<SpokenModel> {
  const paths = { config: join(folder, 'config.json'), weights: join(folder, 'model.safetensors') };
  const { model_type: kind } = JSON.parse(await readFile(paths.config, 'utf8'));
  return kind === 'csm' ? openFrames(paths, context, options) : openIds(paths, context, options);
}

type Paths = Parameters<typeof openCsm>[0];

async function openFrames(paths: Paths, context: number, options: ModelOptions): Promise<SpokenModel> {
  const model = await openCsm(paths, options);
  const session = await model.open();
  const width = model.streams.length;
  let row = new Int32Array(width * context).fill(1);
  return {
    codecName: 'mimi',
    stepsPerFrame: 1,
    async step() {
      row = Int32Array.from(await session.step(row, (_, logits) => greatest(logits)));
    },
    async *speak({ tokenSpace }) {
      const random = createRandom(1);
      const samplers = model.streams.slice(0, -1).map(({ name, vocabularySize }) =>
        createSampler({
          vocabularySize,
          temperature: 0.9,
          topK: 50,
          forbidden: [{ first: vocabularySize - 3, end: vocabularySize }],
          random: random.fork(name),
        }),
      );
      const prompt = new Int32Array(width * context).fill(-1);
      for (let i = width - 1; i < prompt.length; i += width) prompt[i] = 1;
      const speaking = await model.open();
      yield* csmSpeech(speaking, {
        prompt,
        choose: ({ stream }, logits) => samplers[stream]!.sample(logits),
        tokenSpace,
      });
      await speaking.close();
    },
    close: () => model.close(),
  };
}

async function openIds(paths: Paths, context: number, options: ModelOptions): Promise<SpokenModel> {
  const model = await openFlatModel(paths, { ...options, capacityPositions: 1024 });
  const { vocabularySize } = model.streams[0]!;
  const greedy = await model.open();
  let ids = new Int32Array(context).fill(1);
  return {
    codecName: 'snac-24khz',
    window: { blockFrames: [1], leftContextFrames: 1, lookaheadFrames: 2 },
    stepsPerFrame: 7,
    async step() {
      ids = Int32Array.from(await greedy.step(ids, (_, logits) => greatest(logits)));
    },
    async *speak({ tokenSpace }) {
      const slots = timeOrderedSlots(tokenSpace, { firstId: 10, idOffsets: 'slot', codebookCount: 3 });
      const reader = createFlatReader({ tokenSpace, slots, vocabularySize, boundaryIds: [1] });
      const sampler = createSampler({
        vocabularySize,
        temperature: 0.6,
        topP: 0.8,
        repetitionPenalty: { penalty: 1.3, windowSize: Number.POSITIVE_INFINITY },
        random: createRandom(1),
      });
      const speaking = await model.open();
      let rows = new Int32Array(context).fill(1);
      for (let i = 0; ; i++) {
        const { idOffset, codebook } = slots[i % slots.length]!;
        const { size } = tokenSpace.codebooks[codebook]!;
        const [id] = await speaking.step(rows, (_, logits) => idOffset + (sampler.sample(logits) % size));
        rows = Int32Array.of(id!);
        for (const part of reader.push([id!])) if (part.kind === 'grid') yield part.grid;
      }
    },
    close: () => model.close(),
  };
}
