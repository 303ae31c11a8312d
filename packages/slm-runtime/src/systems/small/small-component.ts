import { readFile } from 'node:fs/promises';
import type { LanguageModelComponent, ModelFile } from '@speech-tokens/core';
import { checkpointFileNames } from '@speech-tokens/onnx-graph';
import { openCsm } from '../csm/csm-model.ts';
import { bundledSmall } from './bundled-small.ts';
import { parseSmallColumns } from './small-columns.ts';
import { smallGeneration } from './small-generation.ts';

const config = bundled('config.json', bundledSmall.configFile);
const weights: ModelFile = {
  ...bundled('model.safetensors', bundledSmall.weightsFile),
  checkpointNames: checkpointFileNames,
};

/** The model that comes with this package. Its architecture is CSM's, in a small size. */
export const smallComponent: LanguageModelComponent = {
  kind: 'language-model',
  id: 'slm:small',
  title: 'Small model that continues speech, with the bundled codec and units; no download',
  models: [config, weights],
  async load({ models, ...options }) {
    const { path } = await models.resolve(config, options);
    const columns = parseSmallColumns(await readFile(path, 'utf8'), path);
    const { path: weightsPath } = await models.resolve(weights, options);
    // Steps are so small that threads would wait for each other longer than they work.
    const model = await openCsm({ config: path, weights: weightsPath }, { ...options, threadCount: 1 });
    return { ...model, generation: smallGeneration(model, columns) };
  },
};

function bundled(
  name: string,
  { sha256, sizeBytes }: { readonly sha256: string; readonly sizeBytes: number },
): ModelFile {
  const { href } = new URL(`../../../models/small/${name}`, import.meta.url);
  return { name, source: { type: 'bundled', url: href }, sha256, sizeBytes, licence: 'Apache-2.0' };
}
