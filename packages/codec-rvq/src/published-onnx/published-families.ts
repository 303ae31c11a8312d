import { readFile } from 'node:fs/promises';
import { hubFile } from '@speech-tokens/core';
import { openOnnxFile } from '@speech-tokens/onnx-graph';
import type { CodecFamily } from '../family/codec-family.ts';
import { checkNames, createPublishedDetokenizer, createPublishedTokenizer, encodeSamples } from './published-codec.ts';
import { type PublishedConfig, parsePublishedConfig, publishedSpace } from './published-config.ts';

interface PublishedModel {
  readonly config: PublishedConfig;
  readonly encoderPath: string;
  readonly decoderPath: string;
  readonly codebookCount: number;
}

/**
 * DAC as exported for transformers.js, for those who have these files already, or exports of their own: any folder with
 * `config.json`, `onnx/encoder_model.onnx` and `onnx/decoder_model.onnx` of DAC, EnCodec (mono), Mimi or SNAC can stand in.
 * Names of inputs and outputs as in the exports of onnx-community on the Hugging Face hub.
 */
export const publishedFamilies: readonly CodecFamily<'config' | 'encoder' | 'decoder', PublishedModel>[] = [
  publishedDac('16khz', { sampleRateHz: 16_000, hopSamples: 320, codebookCount: 12 }),
  publishedDac('24khz', { sampleRateHz: 24_000, hopSamples: 320, codebookCount: 32 }),
  publishedDac('44khz', { sampleRateHz: 44_100, hopSamples: 512, codebookCount: 9 }),
];

function publishedDac(
  size: string,
  shape: { readonly sampleRateHz: number; readonly hopSamples: number; readonly codebookCount: number },
): CodecFamily<'config' | 'encoder' | 'decoder', PublishedModel> {
  const repository = `onnx-community/dac_${size}-ONNX`;
  const spaceOf = ({ config, codebookCount }: PublishedModel) => publishedSpace(config, codebookCount);
  const defaults: PublishedConfig = {
    sampleRateHz: shape.sampleRateHz,
    hopsSamples: [shape.hopSamples],
    codebookSize: 1_024,
    paddingSamples: shape.hopSamples,
    hasTensorPerCodebook: false,
  };
  return {
    id: `rvq:dac-${size}-onnx`,
    title: `DAC ${size.replace('khz', ' kHz')}, published ONNX export`,
    files: {
      config: hubFile(repository, 'config.json', 'MIT'),
      encoder: hubFile(repository, 'onnx/encoder_model.onnx', 'MIT'),
      decoder: hubFile(repository, 'onnx/decoder_model.onnx', 'MIT'),
    },
    space: publishedSpace(defaults, shape.codebookCount),
    spaceOf,

    async open({ config: configFile, encoder, decoder }) {
      const config = parsePublishedConfig(await readFile(configFile.path, 'utf8'), configFile.path);
      // How many codebooks an export was made with shows in what it gives.
      const model = await openOnnxFile(encoder.path);
      try {
        checkNames(model, ['input_values'], codeNames(config));
        const codes = await encodeSamples(model, config, new Float32Array(config.paddingSamples));
        return { config, encoderPath: encoder.path, decoderPath: decoder.path, codebookCount: codes.length };
      } finally {
        await model.close();
      }
    },

    async createTokenizer({ config, encoderPath }, { tokenSpace, runtime }) {
      return createPublishedTokenizer(await openOnnxFile(encoderPath, runtime), config, tokenSpace);
    },

    async createDetokenizer({ config, decoderPath }, { tokenSpace, runtime }) {
      const model = await openOnnxFile(decoderPath, runtime);
      checkNames(model, codeNames(config), ['audio_values']);
      return createPublishedDetokenizer(model, config, tokenSpace);
    },
  };
}

function codeNames(config: PublishedConfig): readonly string[] {
  return config.hasTensorPerCodebook ? config.hopsSamples.map((_, k) => `audio_codes.${k}`) : ['audio_codes'];
}
