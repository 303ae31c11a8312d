import { createWholeTokenizer, type SpeechTokenizerV1, type TokenSpace } from '@speech-tokens/core';
import type { Centroids } from '../centroids/centroids.ts';
import { nearestCentroid } from '../centroids/nearest-centroid.ts';
import type { FrameWindows } from '../features/frame-windows.ts';
import { openLayerRuns } from '../features/layer-runs.ts';
import { type FeatureNetwork, type FrameClock, frameCountOf, type OpenGraph } from '../network/feature-network.ts';

export interface UnitTokenizerParts {
  readonly tokenSpace: TokenSpace;
  readonly network: FeatureNetwork;
  readonly layer: number;
  readonly centroids: Centroids;
  readonly windows: FrameWindows;
  readonly openGraph: OpenGraph;
}

/** The space of units but for its id. */
export function unitSpaceShape(clock: FrameClock, unitCount: number): Omit<TokenSpace, 'id'> {
  const { sampleRateHz, hopSamples, windowSamples } = clock;
  return {
    sampleRateHz,
    codebooks: [{ name: 'units', size: unitCount, hopSamples }],
    ...(windowSamples === undefined ? {} : { windowSamples }),
    prefixDecodable: true,
  };
}

/**
 * A tokenizer whose ids are the nearest centroids of an encoder's features. The search is a part of the graph: features do
 * not leave it. It does not stream, as every frame sees those after it. A batch goes clip by clip: one alone fills the
 * processor, and padding would only add frames and change those that are there.
 */
export async function createUnitTokenizer(parts: UnitTokenizerParts): Promise<SpeechTokenizerV1> {
  const { tokenSpace, network, layer, centroids, windows, openGraph } = parts;
  const runs = await openLayerRuns({
    network,
    layer,
    windows,
    openGraph,
    finish: (g, features) => {
      const ids = nearestCentroid(g, features, centroids);
      return g.node('Cast', [ids], { elementType: 'int32', shape: ids.shape }, { to: 6 });
    },
  });
  return createWholeTokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    async tracksOf([samples], _codebookCount, options) {
      const ids = new Uint32Array(frameCountOf(network.clock, samples!.length));
      await runs.run(samples!, options, (values, { coreStartFrame }) => ids.set(values, coreStartFrame));
      return [{ ids }];
    },
    close: () => runs.close(),
  });
}
