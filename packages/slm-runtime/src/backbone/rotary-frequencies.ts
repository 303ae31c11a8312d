import { rotaryFrequencies } from '@speech-tokens/onnx-graph';
import type { Llama3Scaling, RotaryConfig } from './decoder-config.ts';

/** Radians per position of each pair that is turned, rounded to float32 at each step, as PyTorch does. */
export function decoderFrequencies({ theta, width, scaling }: RotaryConfig): Float32Array {
  const plain = rotaryFrequencies({ headWidth: width, theta });
  return scaling === undefined ? plain : plain.map((frequency) => stretched(frequency, scaling));
}

/**
 * Long wavelengths grow by the factor, short ones stay, and those between are mixed.
 * Source: huggingface/transformers, `modeling_rope_utils.py`, `_compute_llama3_parameters`.
 */
function stretched(frequency: number, scaling: Llama3Scaling): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalPositions } = scaling;
  const wavelength = Math.fround((2 * Math.PI) / frequency);
  if (wavelength < originalPositions / highFrequencyFactor) return frequency;
  const slow = Math.fround(frequency / factor);
  if (wavelength > originalPositions / lowFrequencyFactor) return slow;
  const share = Math.fround(
    Math.fround(Math.fround(originalPositions / wavelength) - lowFrequencyFactor) /
      (highFrequencyFactor - lowFrequencyFactor),
  );
  return Math.fround(Math.fround(Math.fround(1 - share) * slow) + Math.fround(share * frequency));
}
