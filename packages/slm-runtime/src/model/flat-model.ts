import { readFile } from 'node:fs/promises';
import type { SpeechLanguageModelV0 } from '@speech-tokens/core';
import { readConfig } from '@speech-tokens/onnx-graph';
import { type FlatDecoderOptions, openFlatDecoder } from '../backbone/flat-decoder.ts';
import { parallelHead } from '../frame-head/parallel-head.ts';
import { frameModel } from './frame-model.ts';

/**
 * A decoder over one sequence of ids as a language model: one stream, which is read and chosen.
 * @throws as `openFlatDecoder`
 */
export async function openFlatModel(
  paths: { readonly config: string; readonly weights: string },
  options: FlatDecoderOptions = {},
): Promise<SpeechLanguageModelV0> {
  const config = readConfig(await readFile(paths.config, 'utf8'), paths.config, 'language model');
  const vocabularySize = config.integer('vocab_size', 16_777_216);
  return frameModel({
    streams: [{ name: 'ids', role: 'out', vocabularySize }],
    backbone: await openFlatDecoder(paths, options),
    firstRows: [0],
    head: parallelHead([{ stream: 0, vocabularySize }]),
  });
}
