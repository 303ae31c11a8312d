import type { ModelFile } from '@speech-tokens/core';
import { configName, preprocessorName } from '../network/encoder-directory.ts';
import { bundledEncoder } from './bundled-encoder.ts';
import type { PublishedUnits } from './published-units.ts';

const { layer, hopSamples, windowSamples, files, centroids } = bundledEncoder;

/** The project's own units: an encoder that ships with this package, and centroids of three sizes for it. */
export const bundledUnits: readonly PublishedUnits[] = centroids.map(({ unitCount, ...file }) => ({
  id: `ssl:units-50hz-k${unitCount}`,
  title: `Bundled units, ${unitCount}, 16 kHz, 50 frames/s`,
  layer,
  unitCount,
  hopSamples,
  windowSamples,
  files: {
    config: bundled(configName, files.config),
    preprocessor: bundled(preprocessorName, files.preprocessor),
    weights: bundled('model.safetensors', files.weights),
    centroids: bundled(bundledCentroidsName(unitCount), file),
  },
}));

/** The name of the file in models/units-50hz that holds so many centroids. */
export function bundledCentroidsName(unitCount: number): string {
  return `centroids-k${unitCount}.safetensors`;
}

function bundled(
  name: string,
  { sha256, sizeBytes }: { readonly sha256: string; readonly sizeBytes: number },
): ModelFile {
  const url = new URL(`../../models/units-50hz/${name}`, import.meta.url).href;
  return { name, source: { type: 'bundled', url }, sha256, sizeBytes, licence: 'Apache-2.0' };
}
