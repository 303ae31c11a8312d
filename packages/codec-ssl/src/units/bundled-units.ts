import { bundledFile } from '../bundled/bundled-file.ts';
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
    config: bundledFile('units-50hz', configName, files.config),
    preprocessor: bundledFile('units-50hz', preprocessorName, files.preprocessor),
    weights: bundledFile('units-50hz', 'model.safetensors', files.weights),
    centroids: bundledFile('units-50hz', bundledCentroidsName(unitCount), file),
  },
}));

/** The name of the file in models/units-50hz that holds so many centroids. */
export function bundledCentroidsName(unitCount: number): string {
  return `centroids-k${unitCount}.safetensors`;
}
