import {
  createStreamDetokenizer,
  createStreamTokenizer,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
} from '@speech-tokens/core';
import { weightsOf } from '@speech-tokens/onnx-graph';
import type { CodecKit } from '../family/codec-family.ts';
import { createGraphPool } from '../family/graph-pool.ts';
import type { EncodecModel } from './encodec-model.ts';
import { scaleTrackShape } from './scale-track.ts';
import { SegmentDecoderStream } from './segment-decoder-stream.ts';
import { SegmentEncoderStream } from './segment-encoder-stream.ts';
import { buildSegmentDecoder, buildSegmentEncoder } from './segment-graphs.ts';

/**
 * A tokenizer that codes overlapping segments, each by itself.
 * @throws SpeechTokensError `checkpoint-invalid` when the encoder cannot be built
 */
export function createSegmentTokenizer({ config, checkpoint }: EncodecModel, kit: CodecKit): SpeechTokenizerV1 {
  const { tokenSpace } = kit;
  const { channelCount, codebookCount: allCodebooks, isNormalized } = config;
  const build = (codebookCount: number) => buildSegmentEncoder(config, weightsOf(checkpoint), codebookCount);
  // A checkpoint that does not fit is refused now, not at the first call.
  build(allCodebooks);
  const graphs = createGraphPool((codebookCount) => kit.openGraph(build(codebookCount), checkpoint.directory));
  return createStreamTokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: config.sampleRateHz, channelCount },
    latencySamples: tokenSpace.segments!.lengthSamples,
    ...(isNormalized ? { sideTracks: [scaleTrackShape(tokenSpace)] } : {}),
    openStream: async (codebookCount) =>
      new SegmentEncoderStream({
        tokenSpace,
        channelCount,
        codebookCount,
        isNormalized,
        encoder: await graphs.get(codebookCount),
      }),
    close: () => graphs.close(),
  });
}

/** The mirror: decodes segments, each by itself, and fades from one to the next where they overlap. */
export async function createSegmentDetokenizer(
  { config, checkpoint }: EncodecModel,
  { tokenSpace, openGraph }: CodecKit,
): Promise<SpeechDetokenizerV1> {
  const { channelCount, hopSamples, isNormalized } = config;
  const decoder = await openGraph(buildSegmentDecoder(config, weightsOf(checkpoint)), checkpoint.directory);
  return createStreamDetokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: config.sampleRateHz, channelCount },
    latencySamples: tokenSpace.segments!.strideSamples,
    openStream: ({ codebookCount }) => ({
      machine: new SegmentDecoderStream({
        tokenSpace,
        channelCount,
        hopSamples,
        isNormalized,
        decoder,
        codebookCount,
      }),
    }),
    close: () => decoder.close(),
  });
}
