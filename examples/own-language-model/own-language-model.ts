// A family of speech language models of one's own, as a plugin: a decoder of the Llama kind that writes a letter and says
// a code at each step. Everything that is not particular to the family comes from `@speech-tokens/slm-runtime`.
import { readFile } from 'node:fs/promises';
import {
  type LanguageModelComponent,
  type ModelFile,
  type SpeechGeneration,
  type SpeechLanguageModelV0,
  type SpeechPart,
  type SpeechPluginV1,
  SpeechTokensError,
} from '@speech-tokens/core';
import { checkpointFileNames, dense, readConfig } from '@speech-tokens/onnx-graph';
import {
  cacheMemory,
  createSampler,
  decoderGraph,
  decoderLayers,
  frameModel,
  type ModelOptions,
  openDecoder,
  openModelWeights,
  parallelHead,
  readDecoderConfig,
} from '@speech-tokens/slm-runtime';

// The vocabulary of the checkpoint: 100 ids of text, then 30 codes. Text is ASCII from the space on; 99 ends what is said.
const textIdCount = 100;
const codeCount = 30;
const firstLetter = 32;
const endId = 99;
const textStream = 0;
const speechStream = 1;

// Whose codes they are: here the first codebook of the bundled codec.
const codec = { id: 'rvq:speech-16khz', codebookCount: 1 };

// No published weights: a path as source asks for a folder of the user's own. Published ones are `hubFile(…)`.
const files = ['config.json', 'model.safetensors'] as const;
const [config, weights] = files.map((name): ModelFile => {
  const checkpointNames = name === 'config.json' ? [name] : checkpointFileNames;
  return { name, checkpointNames, source: { type: 'path', path: `own-model/${name}` }, licence: 'Apache-2.0' };
}) as [ModelFile, ModelFile];

/** The model itself: a graph, a memory, and a head that chooses both ids from the logits of one step. */
async function openOwn(
  paths: { config: string; weights: string },
  options: ModelOptions,
): Promise<SpeechLanguageModelV0> {
  const reader = readConfig(await readFile(paths.config, 'utf8'), paths.config, 'own model');
  const decoder = readDecoderConfig(reader);
  const { weights: tensors, session } = await openModelWeights(
    paths.weights,
    options,
    (name) => !name.includes('embed'),
  );
  const inner = tensors.scope('model');
  const graph = decoderGraph({
    name: 'own model',
    width: decoder.width,
    tables: [{ weights: inner, name: 'embed_tokens.weight', rowCount: textIdCount + codeCount, columnCount: 2 }],
    layers: (g, x) => decoderLayers(g, inner, x, decoder, decoder.contextPositions),
    head: (g, hidden) => dense(g, tensors.scope('lm_head'), hidden, textIdCount + codeCount),
  });
  return frameModel({
    streams: [
      { name: 'text', role: 'out', vocabularySize: textIdCount },
      { name: 'speech', role: 'out', vocabularySize: codeCount },
    ],
    backbone: await openDecoder(graph, { ...session, memory: cacheMemory(decoder.contextPositions) }),
    firstRows: [0, textIdCount],
    head: parallelHead([
      { stream: textStream, vocabularySize: textIdCount },
      { stream: speechStream, vocabularySize: codeCount },
    ]),
  });
}

/** What it says on request: the text goes in, a letter a row, and rows that it chooses follow. */
function generationOf(model: SpeechLanguageModelV0): SpeechGeneration {
  return {
    codec,
    takes: { text: 'needed', prompt: 'refused' },
    async *generate({ text = '', codecSpace, random, sampling, maxFrames, signal }): AsyncGenerator<SpeechPart> {
      const textIds = Array.from(text, (letter) => letter.charCodeAt(0) - firstLetter);
      if (textIds.length === 0 || textIds.some((id) => id < 0 || id >= endId)) throw noText(text);
      const samplers = model.streams.map(({ name, vocabularySize }) =>
        createSampler({ vocabularySize, temperature: 0.8, topK: 20, ...sampling, random: random.fork(name) }),
      );
      const hopSamples = codecSpace.codebooks[0]?.hopSamples ?? 0;
      const room = model.contextSteps - textIds.length + 1;
      const session = await model.open();
      try {
        let rows = Int32Array.from(textIds.flatMap((id) => [id, -1]));
        for (let frame = 0; frame < Math.min(maxFrames ?? room, room); frame++) {
          const options = signal === undefined ? {} : { signal };
          rows = Int32Array.from(
            await session.step(rows, ({ stream }, logits) => samplers[stream]!.sample(logits), options),
          );
          const [letter, code] = rows as unknown as readonly [number, number];
          if (letter === endId) return;
          yield { kind: 'text', text: String.fromCharCode(letter + firstLetter) };
          const tracks = [{ ids: Uint32Array.of(code) }];
          const startSample = frame * hopSamples;
          yield { kind: 'grid', grid: { tokenSpace: codecSpace, startSample, sampleCount: hopSamples, tracks } };
        }
      } finally {
        await session.close();
      }
    },
  };
}

function noText(found: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: 'The model cannot say this text',
    found: JSON.stringify(found),
    wanted: 'at least one letter, of ASCII alone',
    remedy: 'Write it with other letters',
    details: { argument: 'text' },
  });
}

const component: LanguageModelComponent = {
  kind: 'language-model',
  id: 'own:side-by-side',
  title: 'Writes a letter and says a code at each step',
  models: [config, weights],
  async load({ models, ...options }) {
    const paths = {
      config: (await models.resolve(config, options)).path,
      weights: (await models.resolve(weights, options)).path,
    };
    options.signal?.throwIfAborted();
    const model = await openOwn(paths, options);
    return { ...model, generation: generationOf(model) };
  },
};

const plugin: SpeechPluginV1 = { specificationVersion: 'v1', components: [component] };

export default plugin;
