import type { SpeechPluginV1 } from '@speech-tokens/core';
import { glmVoice } from './glm-voice/glm-voice.ts';
import { s3Tokenizers } from './s3-tokenizer/s3-tokenizers.ts';
import { unitVocoderComponents } from './unit-vocoder/unit-vocoder-components.ts';
import { bundledUnits } from './units/bundled-units.ts';
import { publishedComponent, publishedUnits } from './units/published-units.ts';
import { unitsOfFolder } from './units/units-of-folder.ts';
import { unitHifiGan } from './vocoder/unit-hifigan.ts';

export { bundledEncoderDirectory } from './bundled/bundled-encoder-directory.ts';
export type { Centroids } from './centroids/centroids.ts';
export { readCentroids } from './centroids/read-centroids.ts';
export type { FeatureEncoder, FeatureFrames } from './features/feature-encoder.ts';
export type { FrameWindows } from './features/frame-windows.ts';
export { type OpenFeatureEncoderOptions, openFeatureEncoder } from './features/open-feature-encoder.ts';
export type { KmeansOptions } from './kmeans/kmeans-options.ts';
export {
  createKmeansTrainer,
  type KmeansFit,
  type KmeansFitOptions,
  type KmeansPass,
  type KmeansTrainer,
  resumeKmeansTrainer,
} from './kmeans/kmeans-trainer.ts';
export {
  type CentroidOrigin,
  type UnitsFolderOptions,
  writeCentroids,
  writeUnitsFolder,
} from './kmeans/write-centroids.ts';
export { type DurationPredictor, openDurationPredictor } from './vocoder/duration-predictor.ts';

/** Units of self-supervised speech encoders. */
const plugin: SpeechPluginV1 = {
  specificationVersion: 'v1',
  components: [
    ...[...bundledUnits, ...publishedUnits].map(publishedComponent),
    unitsOfFolder,
    glmVoice,
    ...s3Tokenizers,
    ...unitVocoderComponents,
    unitHifiGan,
  ],
};

export default plugin;
