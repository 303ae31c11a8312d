import { readFile } from 'node:fs/promises';
import {
  createStreamTokenizer,
  fileFingerprint,
  hubFile,
  type LoadContext,
  type ResolvedModelFile,
  type SpeechTokenizerV1,
  type TokenizerComponent,
  type TokenSpace,
} from '@speech-tokens/core';
import {
  type BuiltGraph,
  checkpointFileNames,
  openCheckpoint,
  openGraphSession,
  readConfig,
} from '@speech-tokens/onnx-graph';
import { configName, preprocessorName } from '../network/encoder-directory.ts';
import { openWhisperRows } from '../whisper/whisper-rows.ts';
import { chunkSamples, parseGlmVoiceConfig, unitSamples } from './glm-voice-config.ts';
import { glmVoiceGraph } from './glm-voice-graph.ts';
import { GlmVoiceStream } from './glm-voice-stream.ts';

const id = 'ssl:glm-4-voice';
const repository = 'zai-org/glm-4-voice-tokenizer';
const licence = 'Apache-2.0';
const files = {
  config: hubFile(repository, configName, licence),
  preprocessor: hubFile(repository, preprocessorName, licence),
  weights: { ...hubFile(repository, 'model.safetensors', licence), checkpointNames: checkpointFileNames },
};

/** The semantic units of GLM-4-Voice: Whisper's encoder, quantized in the middle. Supervised, and without k-means. */
export const glmVoice: TokenizerComponent = {
  kind: 'tokenizer',
  id,
  title: 'GLM-4-Voice tokenizer (Whisper-VQ), 16,384 units, 12.5 units/s',
  models: Object.values(files),
  tokenSpace: { id, ...spaceShape(16_000, 1_280, 16_384) },
  latencySamples: 480_000,
  async load({ models, ...context }) {
    const { threadCount: _, ...options } = context;
    const config = await models.resolve(files.config, options);
    const preprocessor = await models.resolve(files.preprocessor, options);
    return await openGlmVoice(config, preprocessor, await models.resolve(files.weights, options), context);
  },
};

/** @throws SpeechTokensError `checkpoint-invalid` */
async function openGlmVoice(
  configFile: ResolvedModelFile,
  preprocessorFile: ResolvedModelFile,
  weights: ResolvedModelFile,
  { threadCount, signal }: Omit<LoadContext, 'models'>,
): Promise<SpeechTokenizerV1> {
  const config = parseGlmVoiceConfig(
    readConfig(await readFile(configFile.path, 'utf8'), configFile.path, 'GLM-4-Voice tokenizer'),
    readConfig(await readFile(preprocessorFile.path, 'utf8'), preprocessorFile.path, 'waveform preprocessor'),
  );
  const checkpoint = await openCheckpoint(weights.path);
  signal?.throwIfAborted();
  const runtime = threadCount === undefined ? {} : { threadCount };
  const openGraph = (graph: BuiltGraph) =>
    openGraphSession(graph, { ...runtime, weightsDirectory: checkpoint.directory });
  const encoder = await openGraph(glmVoiceGraph(config, checkpoint));
  const rowSource = await openWhisperRows(config, 1, openGraph).catch(async (error: unknown) => {
    await encoder.close();
    throw error;
  });
  const fingerprint = fileFingerprint([configFile, preprocessorFile, weights].map(({ sha256 }) => sha256));
  const { sampleRateHz, codebookSize } = config;
  const tokenSpace = { id: `${id}#${fingerprint}`, ...spaceShape(sampleRateHz, unitSamples(config), codebookSize) };
  return createStreamTokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz, channelCount: 1 },
    latencySamples: chunkSamples(config),
    openStream: async () => new GlmVoiceStream({ tokenSpace, config, rowSource, encoder }),
    async close() {
      await encoder.close();
      await rowSource.close();
    },
  });
}

function spaceShape(sampleRateHz: number, hopSamples: number, size: number): Omit<TokenSpace, 'id'> {
  return { sampleRateHz, codebooks: [{ name: 'units', size, hopSamples }], prefixDecodable: true };
}
