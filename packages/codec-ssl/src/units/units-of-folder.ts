import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { ModelFile, TokenizerComponent } from '@speech-tokens/core';
import { encoderFilesIn } from '../network/encoder-directory.ts';
import { loadUnits } from './load-units.ts';
import { unitSpaceShape } from './unit-tokenizer.ts';
import { parseUnitsConfig } from './units-config.ts';

const licence = 'of your own files';
const unitsFile: ModelFile = { name: 'units.json', source: { type: 'path', path: 'units.json' }, licence };

/**
 * Units of a folder of one's own: `units.json` names a layer, a file of centroids, and the folder of an encoder. It is
 * looked for in the working directory, or in the folder that the host puts in its place (`--checkpoint DIR`).
 */
export const unitsOfFolder: TokenizerComponent = {
  kind: 'tokenizer',
  id: 'ssl:units',
  title: 'Units of your own encoder and centroids, from a folder with units.json',
  models: [unitsFile],
  // What is there before a folder is known: the clock of most encoders, and as many units as there can be.
  tokenSpace: {
    id: 'ssl:units',
    ...unitSpaceShape({ sampleRateHz: 16_000, hopSamples: 320, windowSamples: 400 }, 65_536),
  },
  async load({ models, ...context }) {
    const { threadCount: _, ...options } = context;
    const { path } = await models.resolve(unitsFile, options);
    const units = parseUnitsConfig(await readFile(path, 'utf8'), path);
    const folder = dirname(path);
    const files = await encoderFilesIn(resolve(folder, units.encoder));
    const file = (found: string) =>
      models.resolve({ name: `${basename(found)} of units`, source: { type: 'path', path: found }, licence }, options);
    return await loadUnits(
      {
        config: await file(files.configPath),
        preprocessor: await file(files.preprocessorPath),
        weights: await file(files.weightsPath),
        centroids: await file(resolve(folder, units.centroids)),
      },
      { id: 'ssl:units', ...units },
      context,
    );
  },
};
