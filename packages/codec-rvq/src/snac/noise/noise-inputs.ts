import type { DetokenizerSettings } from '@speech-tokens/core';
import type { TensorInput } from '@speech-tokens/onnx-graph';
import type { DecoderConditioning } from '../../windowed/windowed-detokenizer.ts';
import type { SnacConfig } from '../snac-config.ts';
import { readNoiseSettings } from './noise-settings.ts';
import { createPositionNoise } from './position-noise.ts';

/**
 * The noise of each decoder block, `noise-0 …`, at the samples of a window. It follows from the seed, the block and the
 * sample's place in the recording: whole grids, streams and windows have the same. Zeros where it is off.
 * @throws SpeechTokensError `argument-invalid`, see `readNoiseSettings`
 */
export function noiseInputs(
  config: SnacConfig,
  conditioning: DetokenizerSettings['conditioning'],
): DecoderConditioning {
  const settings = readNoiseSettings(conditioning);
  if (!config.hasNoise) return { label: 'no noise', inputsAt: () => ({}) };
  const noise = settings.isOn ? createPositionNoise(settings.seed) : undefined;
  const { hopSamples, decoder } = config;
  return {
    label: settings.isOn ? `noise of seed ${JSON.stringify(settings.seed)}` : 'no noise',
    inputsAt(startSample, endSample) {
      const inputs: Record<string, TensorInput> = {};
      let rate = 1;
      for (const [block, factor] of decoder.rates.entries()) {
        rate *= factor;
        const start = (startSample / hopSamples) * rate;
        const count = ((endSample - startSample) / hopSamples) * rate;
        const values = noise?.draw(block, start, count) ?? new Float32Array(count);
        inputs[`noise-${block}`] = { values, shape: [count] };
      }
      return inputs;
    },
  };
}
