import { hubFile, type ModelFile, type ResolvedModelFile, type TokenizerComponent } from '@speech-tokens/core';
import { configName, preprocessorName } from '../network/encoder-directory.ts';
import { loadUnits } from './load-units.ts';
import { unitSpaceShape } from './unit-tokenizer.ts';

/** Units that were published: an encoder, one of its layers, and centroids for it. */
export interface PublishedUnits {
  readonly id: string;
  readonly title: string;
  readonly layer: number;
  readonly normalizeWaveform?: boolean;
  readonly unitCount: number;
  readonly hopSamples: number;
  readonly windowSamples: number;
  readonly files: {
    readonly config: ModelFile;
    readonly preprocessor: ModelFile;
    readonly weights: ModelFile;
    readonly centroids: ModelFile;
  };
}

/** The tokenizer of published units. */
export function publishedComponent(units: PublishedUnits): TokenizerComponent {
  const { id, title, files, unitCount, hopSamples, windowSamples } = units;
  const clock = { sampleRateHz: 16_000, hopSamples, windowSamples };
  return {
    kind: 'tokenizer',
    id,
    title,
    models: Object.values(files),
    tokenSpace: { id, ...unitSpaceShape(clock, unitCount) },
    async load({ models, ...context }) {
      const { threadCount: _, ...options } = context;
      const resolve = (file: ModelFile): Promise<ResolvedModelFile> => models.resolve(file, options);
      return await loadUnits(
        {
          config: await resolve(files.config),
          preprocessor: await resolve(files.preprocessor),
          weights: await resolve(files.weights),
          centroids: await resolve(files.centroids),
        },
        units,
        context,
      );
    },
  };
}

/**
 * HuBERT base, layer 6: units of GSLM and textlesslib. Their features were made without normalising the waveform
 * (fairseq, `task.cfg.normalize` false), whatever preprocessor_config.json of the hub says.
 * Source: facebookresearch/fairseq, `examples/textless_nlp/gslm/speech2unit/README.md`, for the addresses.
 */
const hubertBaseUnits = [50, 100, 200].map(
  (unitCount): PublishedUnits => ({
    id: `ssl:hubert-base-l6-k${unitCount}`,
    title: `HuBERT base, layer 6, ${unitCount} units, 50 frames/s`,
    layer: 6,
    normalizeWaveform: false,
    unitCount,
    hopSamples: 320,
    windowSamples: 400,
    files: {
      config: hubFile('facebook/hubert-base-ls960', configName, 'Apache-2.0'),
      preprocessor: hubFile('facebook/hubert-base-ls960', preprocessorName, 'Apache-2.0'),
      weights: hubFile('facebook/hubert-base-ls960', 'pytorch_model.bin', 'Apache-2.0'),
      centroids: {
        name: 'km.bin',
        source: {
          type: 'https',
          url: `https://dl.fbaipublicfiles.com/textless_nlp/gslm/hubert/km${unitCount}/km.bin`,
        },
        licence: 'MIT',
      },
    },
  }),
);

export const publishedUnits: readonly PublishedUnits[] = hubertBaseUnits;
