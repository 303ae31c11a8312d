import {
  type ChooseToken,
  type LanguageModelSession,
  type SpeechGeneration,
  type SpeechLanguageModelV0,
  type SpeechPart,
  type SpeechRequest,
  SpeechTokensError,
  type TokenSpace,
} from '@speech-tokens/core';
import { joinedColumns } from '../../layout/columns.ts';
import { framesToGrid, gridToFrames } from '../../layout/frame-grids.ts';
import { type FrameLayout, noId } from '../../layout/frame-layout.ts';
import { createStepReader } from '../../layout/step-reader.ts';
import { createStepWriter, fillChosen } from '../../layout/step-writer.ts';
import { createSampler } from '../../sampler/sampler.ts';
import { checkRequest, invalidRequest } from '../speech-request.ts';
import { type SmallColumns, smallLayout } from './small-columns.ts';

/** Frames before which the model may not end: else it says nothing after a whole sentence. */
const leastFrames = 50;

const unitSampling = { temperature: 0.9, topP: 0.95 };
const codeSampling = { temperature: 0.7, topK: 50 };

/**
 * What a small model says: a prompt's speech goes on, or speech begins. First the unit of each frame, then its codes.
 * @param model one that `openCsm` gave: a column of units, columns of codes, and one of texts
 * @param columns its own
 */
export function smallGeneration(model: SpeechLanguageModelV0, columns: SmallColumns): SpeechGeneration {
  const codec = { id: nameOf(columns.codecSpace), codebookCount: model.streams.length - 2 };
  // A prompt that fills the context leaves nothing to say.
  const mostPromptFrames = Math.floor(model.contextSteps / 2);
  const takes = { text: 'refused', prompt: 'optional' } as const;
  return {
    codec,
    units: { id: nameOf(columns.unitSpace) },
    takes,
    async *generate(request): AsyncGenerator<SpeechPart, void, undefined> {
      const { codecSpace, prompt, text } = request;
      if (text !== undefined) throw invalidRequest('text', 'The model does not read', 'a text', 'none');
      checkRequest({ codec, takes }, request);
      checkSpace(codecSpace, columns.codecSpace);
      const channels = { units: unitSpaceOf(columns, codecSpace), speech: codecSpace };
      const layout = smallLayout(columns, codec.codebookCount, model.streams[0]!.vocabularySize, channels);
      const heard = prompt === undefined ? [] : promptFrames(layout, columns, prompt);
      const session = await model.open();
      try {
        yield* goOn(session, layout, heard.slice(-mostPromptFrames), {
          choose: chooser(layout, columns, request),
          endId: columns.endId,
          contextSteps: model.contextSteps,
          request,
        });
      } finally {
        await session.close();
      }
    },
  };
}

interface Continuation {
  /** Chooses an id of a stream; `mayEnd` says whether the end is one of them. */
  readonly choose: (stream: number, logits: Float32Array, mayEnd: boolean) => number;
  readonly endId: number;
  readonly contextSteps: number;
  readonly request: SpeechRequest;
}

/** @param heard frames of the prompt; where its units end before its codes, those of the last ones are not known */
async function* goOn(
  session: LanguageModelSession,
  layout: FrameLayout,
  heard: readonly Int32Array[],
  { choose, endId, contextSteps, request }: Continuation,
): AsyncGenerator<SpeechPart, void, undefined> {
  const { codecSpace, maxFrames = Number.POSITIVE_INFINITY, signal } = request;
  const hopSamples = codecSpace.codebooks[0]!.hopSamples!;
  const unknown = new Int32Array(layout.streams.length).fill(noId);
  const firstUnknown = heard.findIndex(([unit]) => unit === noId);
  const wholeCount = firstUnknown === -1 ? heard.length : firstUnknown;
  const writer = createStepWriter(layout);
  const reader = createStepReader(layout);
  let frameCount = 0;
  const heardIn = (step: Int32Array): Int32Array | undefined => {
    const [frame] = reader.push(step);
    if (frame !== undefined) frameCount += 1;
    return frameCount > heard.length ? frame : undefined;
  };
  // Steps that are read, and the one after them: cells that hold an id there are known, the others are chosen.
  let steps = [...heard.slice(0, wholeCount), heard[wholeCount] ?? unknown].flatMap((frame) => writer.push(frame));
  let next = steps.pop()!;
  for (const step of steps) heardIn(step);
  let hasEnded = false;
  for (let saidCount = 0, place = wholeCount; saidCount < maxFrames; place++) {
    if (session.stepCount + steps.length > contextSteps) return;
    const known = next;
    const mayEnd = place - heard.length >= leastFrames;
    const pick: ChooseToken = ({ stream }, logits) => {
      if (known[stream] !== noId) return known[stream]!;
      return stream === 0 && hasEnded ? endId : choose(stream, logits, mayEnd);
    };
    const chosen = await session.step(joinedColumns(steps), pick, signal === undefined ? {} : { signal });
    fillChosen(layout, known, chosen);
    hasEnded ||= known[0] === endId;
    const frame = heardIn(known);
    if (frame?.[0] === endId) return;
    if (frame !== undefined) {
      yield { kind: 'grid', grid: framesToGrid(layout, 'speech', [frame], saidCount * hopSamples) };
      saidCount += 1;
    }
    steps = [known];
    next = writer.push(heard[place + 1] ?? unknown).at(-1)!;
  }
}

/** Units and codes of the prompt, frame by frame. Units end first: the last ones would need what follows. */
function promptFrames(
  layout: FrameLayout,
  { unitSpace }: SmallColumns,
  { grid, units }: NonNullable<SpeechRequest['prompt']>,
): Int32Array[] {
  if (units === undefined) {
    throw invalidRequest(
      'prompt',
      'The model cannot follow the prompt',
      'no units of it',
      `those of ${nameOf(unitSpace)}`,
    );
  }
  checkSpace(units.tokenSpace, unitSpace);
  const unitFrames = gridToFrames(
    { ...layout, channels: { ...layout.channels, units: units.tokenSpace } },
    'units',
    units,
  );
  return gridToFrames(layout, 'speech', grid).map((frame, place) => {
    frame[0] = unitFrames[place]?.[0] ?? noId;
    return frame;
  });
}

function chooser(
  { streams }: FrameLayout,
  { unitCount, codeCount, endId }: SmallColumns,
  { random, sampling }: SpeechRequest,
): Continuation['choose'] {
  const end = { first: endId, end: endId + 1 };
  const samplers = streams.map(({ name, vocabularySize }, stream) =>
    createSampler({
      vocabularySize,
      ...(stream === 0 ? unitSampling : codeSampling),
      ...sampling,
      random: random.fork(name),
    }),
  );
  return (stream, logits, mayEnd) => {
    const ids = { first: 0, end: stream === 0 ? unitCount : codeCount };
    return samplers[stream]!.sample(logits, { allowed: stream === 0 && mayEnd ? [ids, end] : [ids] });
  };
}

function unitSpaceOf({ unitSpace, unitCount }: SmallColumns, codecSpace: TokenSpace): TokenSpace {
  const { sampleRateHz, codebooks } = codecSpace;
  const [{ hopSamples } = {}] = codebooks;
  const units = { name: 'units', size: unitCount, ...(hopSamples === undefined ? {} : { hopSamples }) };
  return { id: unitSpace, sampleRateHz, codebooks: [units], prefixDecodable: true };
}

/** @throws SpeechTokensError `token-space-mismatch`: a model knows the ids of the weights that it was trained with alone */
function checkSpace({ id }: TokenSpace, wanted: string): void {
  if (id === wanted) return;
  throw new SpeechTokensError('token-space-mismatch', {
    problem: 'The model was trained on other tokens',
    found: id,
    wanted,
    remedy: `Use ${nameOf(wanted)} with its own weights`,
    details: { foundId: id, wantedId: wanted },
  });
}

/** The id of the component whose weights a token space names. */
function nameOf(spaceId: string): string {
  return spaceId.split('#', 1)[0]!;
}
