import { type CallOptions, SpeechTokensError, validateAudioClip } from '@speech-tokens/core';
import { hashFile } from '@speech-tokens/core/node/files';
import { openGraphSession, type RuntimeOptions } from '@speech-tokens/onnx-graph';
import { encoderFilesIn } from '../network/encoder-directory.ts';
import { frameCountOf } from '../network/feature-network.ts';
import { openNetwork } from '../network/open-network.ts';
import { encoderFingerprint } from './encoder-fingerprint.ts';
import type { FeatureEncoder } from './feature-encoder.ts';
import { type FrameWindows, windowsFor } from './frame-windows.ts';
import { openLayerRuns } from './layer-runs.ts';

export interface OpenFeatureEncoderOptions extends RuntimeOptions, CallOptions {
  /**
   * Whose hidden states are given, from 0 (what the first layer takes) to the number of layers. It is the index in
   * `hidden_states` of transformers 5, and fairseq's `output_layer`: the last one is given without the norm that ends
   * encoders of the large kind, but with that of Whisper. Only the layers up to it are loaded and run.
   */
  readonly layer: number;
  /** Whether recordings are brought to mean 0 and variance 1; as preprocessor_config.json says where absent. */
  readonly normalizeWaveform?: boolean;
  /** As in `NetworkOptions.padToChunk`, for Whisper. True where absent. */
  readonly padToChunk?: boolean;
  /** How long recordings are cut; up to a minute as a whole where absent. */
  readonly windows?: FrameWindows;
}

/**
 * Opens an encoder for its continuous features.
 * @param directory a folder with `config.json`, `preprocessor_config.json` and the weights, as on the Hugging Face hub
 * @throws SpeechTokensError `model-missing`, `checkpoint-invalid`, `argument-invalid` (a layer that is not there),
 *   `inference-unavailable`
 */
export async function openFeatureEncoder(
  directory: string,
  options: OpenFeatureEncoderOptions,
): Promise<FeatureEncoder> {
  const { layer, normalizeWaveform, padToChunk, windows: wantedWindows, signal, onProgress: _, ...runtime } = options;
  const files = await encoderFilesIn(directory);
  const { network, weightsDirectory } = await openNetwork(files, {
    ...(normalizeWaveform === undefined ? {} : { normalizeWaveform }),
    ...(padToChunk === undefined ? {} : { padToChunk }),
  });
  checkLayer(layer, network.layerCount);
  const windows = { ...windowsFor(network), ...wantedWindows };
  checkWindows(windows, network.maximumFrames);
  const sha256s: string[] = [];
  for (const path of [files.configPath, files.preprocessorPath, files.weightsPath]) {
    sha256s.push((await hashFile(path, { signal })).sha256);
  }
  const runs = await openLayerRuns({
    network,
    layer,
    windows,
    openGraph: (graph) => openGraphSession(graph, { ...runtime, weightsDirectory }),
    finish: (_g, features) => features,
  });
  const { sampleRateHz, hopSamples, windowSamples = hopSamples } = network.clock;
  const audioFormat = { sampleRateHz, channelCount: 1 };
  const shape = { width: network.width, hopSamples, firstCentreSample: windowSamples / 2 };
  return {
    name: network.name,
    id: encoderFingerprint({ sha256s, layer, normalizeWaveform, windows }),
    audioFormat,
    layer,
    layerCount: network.layerCount,
    ...shape,
    wholeSamples: (windows.wholeFrames - 1) * hopSamples + windowSamples,
    async encode(clip, callOptions = {}) {
      callOptions.signal?.throwIfAborted();
      validateAudioClip(clip, audioFormat);
      const samples = clip.channels[0]!;
      const frameCount = frameCountOf(network.clock, samples.length);
      const values = new Float32Array(frameCount * network.width);
      await runs.run(samples, callOptions, (found, { coreStartFrame }) => {
        values.set(found, coreStartFrame * network.width);
      });
      return { values, frameCount, sampleCount: samples.length, isWhole: frameCount <= windows.wholeFrames, ...shape };
    },
    close: () => runs.close(),
  };
}

/** @throws SpeechTokensError `argument-invalid` */
function checkLayer(layer: number, layerCount: number): void {
  if (Number.isInteger(layer) && layer >= 0 && layer <= layerCount) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The encoder has no such layer',
    found: String(layer),
    wanted: `an integer from 0 to ${layerCount}`,
    remedy: 'Choose a layer of this checkpoint; 0 is what the first one takes',
    details: { argument: 'layer' },
  });
}

function checkWindows(
  { wholeFrames, contextFrames, minimumFrames = 1 }: FrameWindows,
  maximumFrames = Number.MAX_SAFE_INTEGER,
): void {
  const isGood =
    Number.isSafeInteger(wholeFrames) &&
    Number.isSafeInteger(contextFrames) &&
    contextFrames >= 0 &&
    wholeFrames > 2 * contextFrames &&
    wholeFrames >= minimumFrames &&
    wholeFrames <= maximumFrames;
  if (isGood) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'Long recordings cannot be cut into such windows',
    found: `${wholeFrames} frames with ${contextFrames} of context on either side`,
    wanted: `whole numbers, with more frames than both contexts${maximumFrames < Number.MAX_SAFE_INTEGER ? `, and at most ${maximumFrames}` : ''}`,
    remedy: 'Leave the windows out to have those of the encoder',
    details: { argument: 'windows' },
  });
}
