import type { ModelFile } from '@speech-tokens/core';

const commit = '47698dadf0010abff6a848e02642f55f806d4842';

/** The models of google/lyra v1.3.2, folder lyra/model_coeffs, at a fixed commit. */
export const lyraFiles: { readonly [name in 'encoder' | 'quantizer' | 'decoder']: ModelFile } = {
  encoder: lyraFile(
    'soundstream_encoder.tflite',
    '237da0b16226fb0a68d49551c81bebf614e42142af72764448359f68581e88f1',
    1_779_200,
  ),
  quantizer: lyraFile('quantizer.tflite', '841ee05989687d32d1f616a8ad1419fc7eda37599d3c05c7cf5a0d60ccf8ac5c', 329_012),
  decoder: lyraFile('lyragan.tflite', '50e7839cda4f30599a3a34cfaddcd9c98449b049eee884e1a74295780448ad06', 1_475_160),
};

function lyraFile(name: string, sha256: string, sizeBytes: number): ModelFile {
  const url = `https://raw.githubusercontent.com/google/lyra/${commit}/lyra/model_coeffs/${name}`;
  return { name, source: { type: 'https', url }, sha256, sizeBytes, licence: 'Apache-2.0' };
}
