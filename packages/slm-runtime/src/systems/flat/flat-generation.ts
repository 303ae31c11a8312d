import {
  alignmentSamples,
  type SpeechGeneration,
  type SpeechLanguageModelV0,
  type SpeechPart,
  type SpeechRequest,
} from '@speech-tokens/core';
import type { FlatLayout } from '../../layout/flat-layout.ts';
import { createFlatReader, type FlatPart } from '../../layout/flat-reader.ts';
import { createSampler } from '../../sampler/sampler.ts';
import { checkRequest, invalidRequest } from '../speech-request.ts';
import type { FlatSystem } from './flat-system.ts';

/**
 * What a model over one sequence of ids says on request: one id at a time, until it writes an end id, has said
 * `maxFrames`, or its context is full. Ids that leave the order of the layout are not kept from coming: they are told.
 * @param model of one stream
 */
export function flatGeneration(model: Omit<SpeechLanguageModelV0, 'generation'>, system: FlatSystem): SpeechGeneration {
  const { codec, takes, voices } = system;
  return {
    codec,
    takes,
    ...(voices === undefined ? {} : { voices }),
    generate: (request) => speech(model, system, request),
  };
}

async function* speech(
  model: Omit<SpeechLanguageModelV0, 'generation'>,
  system: FlatSystem,
  request: SpeechRequest,
): AsyncGenerator<SpeechPart, void, undefined> {
  request.signal?.throwIfAborted();
  checkRequest(system, request);
  const { vocabularySize } = model.streams[0]!;
  const layout = layoutOf(system, request, vocabularySize);
  const prompt = system.promptIds(request, layout);
  if (prompt.length > model.contextSteps) {
    throw invalidRequest('text', 'There is no room for the prompt', `${prompt.length} ids`, `${model.contextSteps}`);
  }
  const sampler = createSampler({
    ...system.sampling,
    ...request.sampling,
    vocabularySize,
    random: request.random.fork('speech'),
  });
  sampler.observe(prompt);
  const endIds = new Set(system.endIds);
  const reader = createFlatReader(layout);
  const readText = system.openText?.(prompt);
  const options = request.signal === undefined ? {} : { signal: request.signal };
  const frameSamples = alignmentSamples(layout.tokenSpace)!;
  const session = await model.open();
  try {
    let rows = Int32Array.from(prompt);
    let framesLeft = request.maxFrames ?? Number.POSITIVE_INFINITY;
    while (session.stepCount + rows.length <= model.contextSteps) {
      rows = Int32Array.from(await session.step(rows, (_slot, logits) => sampler.sample(logits), options));
      request.signal?.throwIfAborted();
      const id = rows[0]!;
      if (endIds.has(id)) break;
      for (const part of spoken(reader.push([id]), readText)) {
        yield part;
        if (part.kind === 'grid') framesLeft -= part.grid.sampleCount / frameSamples;
      }
      if (framesLeft <= 0) return;
    }
    yield* spoken(reader.flush(), readText);
  } finally {
    await session.close();
  }
}

function layoutOf(system: FlatSystem, { codecSpace }: SpeechRequest, vocabularySize: number): FlatLayout {
  return { tokenSpace: codecSpace, slots: system.slots(codecSpace), vocabularySize, boundaryIds: system.endIds };
}

function* spoken(
  parts: readonly FlatPart[],
  readText: ((ids: Uint32Array) => string) | undefined,
): Generator<SpeechPart> {
  for (const part of parts) {
    if (part.kind !== 'other') {
      yield part;
      continue;
    }
    const text = readText?.(part.ids) ?? '';
    if (text !== '') yield { kind: 'text', text };
  }
}
