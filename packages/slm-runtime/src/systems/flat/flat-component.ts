import { hubFile, type LanguageModelComponent, type ModelFile, type SpeechLanguageModelV0 } from '@speech-tokens/core';
import { checkpointFileNames } from '@speech-tokens/onnx-graph';
import type { FlatDecoderOptions } from '../../backbone/flat-decoder.ts';
import { openFlatModel } from '../../model/flat-model.ts';
import { openTextTokenizer, type TextTokenizer } from '../../text/text-tokenizer.ts';
import { flatGeneration } from './flat-generation.ts';
import type { FlatSystem } from './flat-system.ts';

/** Files of a checkpoint on this machine. */
export interface FlatSystemPaths {
  readonly config: string;
  /** `model.safetensors`, or the index of weights in several files. */
  readonly weights: string;
  readonly tokenizer: string;
}

/** Loads a model with its tokenizer, and with the prompt and layout of its authors. */
export async function openFlatSystem(
  paths: FlatSystemPaths,
  systemOf: (tokenizer: TextTokenizer) => FlatSystem,
  options: FlatDecoderOptions = {},
): Promise<SpeechLanguageModelV0> {
  // The tokenizer first: where it is another model's, no weights are read.
  const system = systemOf(await openTextTokenizer(paths.tokenizer));
  const model = await openFlatModel(paths, options);
  return { ...model, generation: flatGeneration(model, system) };
}

export interface FlatComponentParts {
  readonly id: string;
  readonly title: string;
  readonly repository: string;
  /** File of the weights in the repository. */
  readonly weights: 'model.safetensors' | 'model.safetensors.index.json';
  readonly licence: string;
  readonly open: (paths: FlatSystemPaths, options: FlatDecoderOptions) => Promise<SpeechLanguageModelV0>;
}

/** A model of the hub that a host can load by its id. */
export function flatComponent({
  id,
  title,
  repository,
  weights,
  licence,
  open,
}: FlatComponentParts): LanguageModelComponent {
  const files = {
    config: hubFile(repository, 'config.json', licence),
    tokenizer: hubFile(repository, 'tokenizer.json', licence),
    weights: { ...hubFile(repository, weights, licence), checkpointNames: checkpointFileNames },
  };
  return {
    kind: 'language-model',
    id,
    title,
    models: Object.values(files),
    async load({ models, ...options }) {
      const pathOf = async (file: ModelFile): Promise<string> => (await models.resolve(file, options)).path;
      const paths = {
        config: await pathOf(files.config),
        tokenizer: await pathOf(files.tokenizer),
        weights: await pathOf(files.weights),
      };
      options.signal?.throwIfAborted();
      return await open(paths, options);
    },
  };
}
