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
import { widestChannels } from './seanet.ts';
import { SegmentDecoderStream } from './segment-decoder-stream.ts';
import { SegmentEncoderStream } from './segment-encoder-stream.ts';
import { buildSegmentDecoder, buildSegmentEncoder } from './segment-graphs.ts';
import { SegmentNetwork } from './segment-network.ts';

/**
 * A tokenizer that codes overlapping segments, each by itself.
 * @throws SpeechTokensError `checkpoint-invalid` when the encoder cannot be built
 */
export function createSegmentTokenizer({ config, checkpoint }: EncodecModel, kit: CodecKit): SpeechTokenizerV1 {
  const { tokenSpace } = kit;
  const { channelCount, codebookCount: allCodebooks, isNormalized } = config;
  const build = (codebookCount: number) => buildSegmentEncoder(config, weightsOf(checkpoint), codebookCount);
  // A checkpoint that does not fit is refused now, not at the first call.
  const { first, recurrent } = build(allCodebooks);
  const { directory } = checkpoint;
  const features = createGraphPool(() => kit.openReplicas(first, directory));
  const memory = createGraphPool(() => kit.openBeside(recurrent, directory));
  const quantizers = createGraphPool((codebooks) => kit.openReplicas(build(codebooks).last, directory));
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
        encoder: new SegmentNetwork(
          { first: await features.get(0), recurrent: await memory.get(0), last: await quantizers.get(codebookCount) },
          widestChannels(config),
        ),
      }),
    async close() {
      await features.close();
      await memory.close();
      await quantizers.close();
    },
  });
}

/** The mirror: decodes segments, each by itself, and fades from one to the next where they overlap. */
export async function createSegmentDetokenizer(
  { config, checkpoint }: EncodecModel,
  { tokenSpace, openBeside, openReplicas }: CodecKit,
): Promise<SpeechDetokenizerV1> {
  const { channelCount, isNormalized } = config;
  const graphs = buildSegmentDecoder(config, weightsOf(checkpoint));
  const { directory } = checkpoint;
  const sessions = {
    first: await openReplicas(graphs.first, directory),
    recurrent: await openBeside(graphs.recurrent, directory),
    last: await openReplicas(graphs.last, directory),
  };
  const decoder = new SegmentNetwork(sessions, widestChannels(config));
  return createStreamDetokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: config.sampleRateHz, channelCount },
    latencySamples: tokenSpace.segments!.strideSamples,
    openStream: ({ codebookCount }) => ({
      machine: new SegmentDecoderStream({
        tokenSpace,
        channelCount,
        isNormalized,
        decoder,
        codebookCount,
      }),
    }),
    async close() {
      for (const session of Object.values(sessions)) await session.close();
    },
  });
}
