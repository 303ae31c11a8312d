import type { ModelFile } from '@speech-tokens/core';

const commit = '806dcba3f0b5d95282d0889a074954a2f8c6397b';

/** Silero's voice activity detector for 16 kHz, of snakers4/silero-vad at a fixed commit: 1.3 MB, MIT. */
export const sileroFile: ModelFile = {
  name: 'silero_vad_16k_op15.onnx',
  source: {
    type: 'https',
    url: `https://raw.githubusercontent.com/snakers4/silero-vad/${commit}/src/silero_vad/data/silero_vad_16k_op15.onnx`,
  },
  sha256: '7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49',
  sizeBytes: 1_289_603,
  licence: 'MIT',
};
