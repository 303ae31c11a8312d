import { hubFile, type LanguageModelComponent, type ModelFile } from '@speech-tokens/core';
import { checkpointFileNames } from '@speech-tokens/onnx-graph';
import { openTextTokenizer, type TextTokenizer } from '../../text/text-tokenizer.ts';
import { csmGeneration } from './csm-generation.ts';
import { openCsm } from './csm-model.ts';

const repository = 'sesame/csm-1b';
const licence = 'Apache-2.0';
// `model.safetensors` of this repository is in the authors' first format: transformers' has names of its own.
const indexName = 'transformers.safetensors.index.json';
const inFolders = { checkpointNames: [indexName, ...checkpointFileNames] };

const config = hubFile(repository, 'config.json', licence);
const text = hubFile(repository, 'tokenizer.json', licence);
/** The index, and the files that it names. In a folder of one's own each stands for whatever weights are there. */
const weights: readonly [ModelFile, ...ModelFile[]] = [
  { ...hubFile(repository, indexName, licence), ...inFolders },
  { ...hubFile(repository, 'transformers-00001-of-00002.safetensors', licence), ...inFolders },
  { ...hubFile(repository, 'transformers-00002-of-00002.safetensors', licence), ...inFolders },
];

/** Sesame's CSM: a text in the voice of a prompt. */
export const csmComponent: LanguageModelComponent = {
  kind: 'language-model',
  id: 'slm:csm',
  title: 'CSM 1B, speaks a text, with Mimi in 32 codebooks',
  models: [config, text, ...weights],
  async load({ models, ...options }) {
    const { path: configPath } = await models.resolve(config, options);
    const tokenizer = await openTextTokenizer((await models.resolve(text, options)).path);
    const { path: weightsPath } = await models.resolve(weights[0], options);
    for (const file of weights.slice(1)) await models.resolve(file, options);
    const model = await openCsm({ config: configPath, weights: weightsPath }, options);
    return { ...model, generation: csmGeneration(model, (given) => textIdsOf(tokenizer, given)) };
  },
};

/** Begin and end of Llama 3 stand around each text; its own tokenizer puts the begin alone there. */
function textIdsOf(tokenizer: TextTokenizer, given: string): readonly number[] {
  const ids = [...tokenizer.encode(given)];
  const begin = tokenizer.idOf('<|begin_of_text|>');
  const end = tokenizer.idOf('<|end_of_text|>');
  if (begin !== undefined && ids[0] !== begin) ids.unshift(begin);
  if (end !== undefined && ids.at(-1) !== end) ids.push(end);
  return ids;
}
