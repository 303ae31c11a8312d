import { SpeechTokensError } from '@speech-tokens/core';
import { openTfliteModel, type TfliteModel } from '@speech-tokens/onnx-graph';
import { createCausalDetokenizer } from '../causal/causal-detokenizer.ts';
import { createCausalTokenizer } from '../causal/causal-tokenizer.ts';
import type { CodecFamily } from '../family/codec-family.ts';
import { residualSpace } from '../family/residual-space.ts';
import { type Codebooks, readCodebooks } from './codebooks.ts';
import { lyraFiles } from './lyra-files.ts';
import { buildDecoderGraph, buildEncoderGraph } from './lyra-graphs.ts';

/** The three models of Lyra; the samples of a frame follow from them. */
interface LyraModel {
  readonly encoder: TfliteModel;
  readonly codebooks: Codebooks;
  readonly decoder: TfliteModel;
  readonly hopSamples: number;
}

/** Speech at 16 kHz, whatever the files: they do not say. Source: google/lyra, lyra/lyra_config.h. */
const sampleRateHz = 16_000;
const hopSamples = 320;

/** Lyra v2, on the authors' TFLite files. Source: google/lyra; Zeghidour et al., "SoundStream". */
export const lyraFamily: CodecFamily<keyof typeof lyraFiles, LyraModel> = {
  id: 'rvq:lyra-v2',
  title: 'Lyra v2, 16 kHz, 50 frames/s, up to 46 codebooks of 16',
  files: lyraFiles,
  space: residualSpace({ sampleRateHz, hopSamples, codebookCount: 46, codebookSize: 16 }),
  tokenizerLatencySamples: hopSamples,
  detokenizerLatencySamples: hopSamples,

  async open(files) {
    const encoder = await openTfliteModel(files.encoder.path);
    return {
      encoder,
      codebooks: readCodebooks(await openTfliteModel(files.quantizer.path)),
      decoder: await openTfliteModel(files.decoder.path),
      hopSamples: hopOf(encoder),
    };
  },

  spaceOf: ({ codebooks, hopSamples }) =>
    residualSpace({ sampleRateHz, hopSamples, codebookCount: codebooks.count, codebookSize: codebooks.size }),

  async createTokenizer({ encoder, codebooks, hopSamples }, { tokenSpace, openGraph }) {
    return createCausalTokenizer({
      tokenSpace,
      hopSamples,
      lookaheadFrames: 0,
      buildEncoder: (codebookCount) => buildEncoderGraph(encoder, codebooks, hopSamples, codebookCount),
      openGraph: (graph) => openGraph(graph, encoder.checkpoint.directory),
    });
  },

  async createDetokenizer({ decoder, codebooks, hopSamples }, { tokenSpace, openGraph }) {
    const graph = buildDecoderGraph(decoder, codebooks, hopSamples);
    return createCausalDetokenizer({
      tokenSpace,
      hopSamples,
      decoder: await openGraph(graph, decoder.checkpoint.directory),
    });
  },
};

/** Samples of one call of the encoder: its input is `[1, samples]`. */
function hopOf({ path, subgraphs: [subgraph] }: TfliteModel): number {
  const shape = subgraph?.tensors[subgraph.inputs[0] ?? -1]?.shape ?? [];
  const [one, samples] = shape;
  if (shape.length === 2 && one === 1 && samples !== undefined && samples > 0 && samples <= 65_536) {
    return samples;
  }
  throw new SpeechTokensError('checkpoint-invalid', {
    problem: `${path} is no encoder of this codec`,
    found: `an input [${shape.join(', ')}]`,
    wanted: 'an input [1, samples of a frame], at most 65536 of them',
    remedy: 'Use soundstream_encoder.tflite of Lyra v2',
    details: { path },
  });
}
