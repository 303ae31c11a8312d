import {
  type LoadContext,
  type ResolvedModelFile,
  type SpeechTokenizerV1,
  SpeechTokensError,
} from '@speech-tokens/core';
import { openGraphSession } from '@speech-tokens/onnx-graph';
import { type Centroids, featureWidthOf } from '../centroids/centroids.ts';
import { readCentroids } from '../centroids/read-centroids.ts';
import { encoderFingerprint } from '../features/encoder-fingerprint.ts';
import { windowsFor } from '../features/frame-windows.ts';
import type { FeatureNetwork } from '../network/feature-network.ts';
import { openNetwork } from '../network/open-network.ts';
import { createUnitTokenizer, unitSpaceShape } from './unit-tokenizer.ts';

/** The files of units, checked and on this machine. */
export interface UnitFiles {
  readonly config: ResolvedModelFile;
  readonly preprocessor: ResolvedModelFile;
  readonly weights: ResolvedModelFile;
  readonly centroids: ResolvedModelFile;
}

export interface UnitSettings {
  /** The component's id, with which the id of the token space starts. */
  readonly id: string;
  readonly layer: number;
  readonly normalizeWaveform?: boolean;
  readonly padToChunk?: boolean;
}

/**
 * The tokenizer of units. The id of its token space follows from every file that it reads and from every setting: another
 * fit of k-means is another space.
 * @throws SpeechTokensError `checkpoint-invalid` where the files do not fit each other
 */
export async function loadUnits(
  { config, preprocessor, weights, centroids: centroidFile }: UnitFiles,
  { id, layer, normalizeWaveform, padToChunk }: UnitSettings,
  { threadCount, signal }: Omit<LoadContext, 'models'>,
): Promise<SpeechTokenizerV1> {
  const { network, weightsDirectory } = await openNetwork(
    { configPath: config.path, preprocessorPath: preprocessor.path, weightsPath: weights.path },
    {
      ...(normalizeWaveform === undefined ? {} : { normalizeWaveform }),
      ...(padToChunk === undefined ? {} : { padToChunk }),
    },
  );
  const centroids = await readCentroids(centroidFile.path);
  signal?.throwIfAborted();
  checkFit(network, layer, config.path);
  checkWidth(network, centroids, centroidFile.path);
  const windows = windowsFor(network);
  const sha256s = [config, preprocessor, weights, centroidFile].map(({ sha256 }) => sha256);
  const fingerprint = encoderFingerprint({ sha256s, layer, normalizeWaveform, windows });
  const runtime = threadCount === undefined ? {} : { threadCount };
  return await createUnitTokenizer({
    tokenSpace: { id: `${id}#${fingerprint}`, ...unitSpaceShape(network.clock, centroids.count) },
    network,
    layer,
    centroids,
    windows,
    openGraph: (graph) => openGraphSession(graph, { ...runtime, weightsDirectory }),
  });
}

function checkFit(network: FeatureNetwork, layer: number, path: string): void {
  if (layer <= network.layerCount) return;
  throw new SpeechTokensError('checkpoint-invalid', {
    problem: `The encoder has no layer ${layer} (${path})`,
    found: `${network.layerCount} layers`,
    wanted: `at least ${layer}`,
    remedy: 'Use the encoder that the units belong to',
    details: { path },
  });
}

function checkWidth(network: FeatureNetwork, centroids: Centroids, path: string): void {
  const width = featureWidthOf(centroids);
  if (width === network.width) return;
  throw new SpeechTokensError('checkpoint-invalid', {
    problem: `The centroids do not belong to this encoder (${path})`,
    found: `${width} values each`,
    wanted: `${network.width}, the width of its layers`,
    remedy: 'Use the centroids that were fitted to features of this encoder',
    details: { path },
  });
}
