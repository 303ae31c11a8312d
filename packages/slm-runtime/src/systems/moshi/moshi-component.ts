import { hubFile, type LanguageModelComponent, type ModelFile } from '@speech-tokens/core';
import { checkpointFileNames } from '@speech-tokens/onnx-graph';
import { openSentencePieces } from '../../text/sentence-pieces.ts';
import { moshiDuplex, moshiGeneration } from './moshi-duplex.ts';
import { openMoshi } from './moshi-model.ts';

const repository = 'kyutai/moshiko-pytorch-bf16';
const licence = 'CC-BY-4.0';

/**
 * The repository may have no configuration; the authors then take that of Moshi 7B, as here.
 * Source: kyutai-labs/moshi, moshi/moshi/models/loaders.py (`CheckpointInfo.from_hf_repo`).
 */
const config: ModelFile = {
  name: 'config.json',
  source: { type: 'bundled', url: new URL('../../../models/moshi-7b/config.json', import.meta.url).href },
  licence: 'Apache-2.0',
};
const weights: ModelFile = {
  ...hubFile(repository, 'model.safetensors', licence),
  checkpointNames: checkpointFileNames,
};
const text = hubFile(repository, 'tokenizer_spm_32k_3.model', licence);

/** Kyutai's Moshi: a conversation in which both may speak at any time. */
export const moshiComponent: LanguageModelComponent = {
  kind: 'language-model',
  id: 'slm:moshi',
  title: 'Moshi 7B (Moshiko), hears while it speaks, with Mimi in 8 codebooks',
  models: [config, weights, text],
  async load({ models, ...options }) {
    const { path: configPath } = await models.resolve(config, options);
    const pieces = await openSentencePieces((await models.resolve(text, options)).path);
    const { path: weightsPath } = await models.resolve(weights, options);
    const model = await openMoshi({ config: configPath, weights: weightsPath }, options);
    const duplex = moshiDuplex(model, pieces);
    return { ...model, duplex, generation: moshiGeneration(duplex) };
  },
};
