import type { TokenSpace } from '@speech-tokens/core';

/**
 * The codes of X-Codec 2: one codebook by finite scalar quantization (8 dimensions of 4 levels), 50 codes/s of 16 kHz
 * speech. Source: Ye et al., "Llasa", 2025; zhenye234/X-Codec-2.0.
 * @param id with the fingerprint of the codec's weights, where they are known
 */
export function xcodec2Space(id = 'rvq:xcodec2', codebookSize = 65_536): TokenSpace {
  return {
    id,
    sampleRateHz: 16_000,
    codebooks: [{ name: 'codebook-0', size: codebookSize, hopSamples: 320 }],
    prefixDecodable: true,
  };
}
