import {
  createStreamDetokenizer,
  createStreamTokenizer,
  type SpeechDetokenizerV1,
  type SpeechTokenizerV1,
} from '@speech-tokens/core';
import { weightsOf } from '@speech-tokens/onnx-graph';
import type { CodecKit } from '../family/codec-family.ts';
import { createGraphPool } from '../family/graph-pool.ts';
import type { EncodecConfig } from './encodec-config.ts';
import type { EncodecModel } from './encodec-model.ts';
import { convPadding, downsamplingReach, type Reach, upsamplingReach } from './reach.ts';
import { buildRecurrentDecoder, buildRecurrentEncoder } from './recurrent-graphs.ts';
import { RecurrentDecoderStream, RecurrentEncoderStream } from './recurrent-streams.ts';
import type { RecurrentStages } from './recurrent-windows.ts';
import { widestChannels } from './seanet.ts';

/** Frames that a run settles, unless layers reach very far: one second at the usual 50 frames a second. */
const usualWindowFrames = 50;

type WindowShape = Pick<RecurrentStages, 'firstReach' | 'lastReach' | 'windowFrames'>;

/** How the encoder and the decoder of a configuration are cut into windows, and what delay that makes. */
export function recurrentLatencies(config: EncodecConfig): {
  readonly tokenizer: number;
  readonly detokenizer: number;
} {
  const latency = ({ windowFrames, firstReach, lastReach }: WindowShape): number =>
    (windowFrames + firstReach.after + lastReach.after) * config.hopSamples;
  return { tokenizer: latency(encoderWindows(config)), detokenizer: latency(decoderWindows(config)) };
}

/**
 * A tokenizer whose LSTM runs through the whole recording, between convolutions that look to both sides.
 * @throws SpeechTokensError `checkpoint-invalid` when the encoder cannot be built
 */
export function createRecurrentTokenizer(model: EncodecModel, kit: CodecKit): SpeechTokenizerV1 {
  const { config, checkpoint } = model;
  const { tokenSpace } = kit;
  const build = (codebookCount: number) => buildRecurrentEncoder(config, weightsOf(checkpoint), codebookCount);
  // A checkpoint that does not fit is refused now, not at the first call.
  const graphs = build(config.codebookCount);
  const { directory } = checkpoint;
  const features = createGraphPool(() => kit.openReplicas(graphs.first, directory, 1));
  const memory = createGraphPool(() => kit.openBeside(graphs.recurrent, directory));
  const quantizers = createGraphPool((codebookCount) => kit.openReplicas(build(codebookCount).last, directory, 1));
  return createStreamTokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: config.sampleRateHz, channelCount: 1 },
    latencySamples: recurrentLatencies(config).tokenizer,
    openStream: async (codebookCount) =>
      new RecurrentEncoderStream({
        tokenSpace,
        hopSamples: config.hopSamples,
        stages: {
          first: await features.get(0),
          recurrent: await memory.get(0),
          last: await quantizers.get(codebookCount),
          ...encoderWindows(config),
          inputWidth: config.hopSamples,
          featureWidth: widestChannels(config),
          outputWidth: codebookCount,
          hasInputRows: false,
        },
      }),
    async close() {
      await features.close();
      await memory.close();
      await quantizers.close();
    },
  });
}

/** The mirror of `createRecurrentTokenizer`. */
export async function createRecurrentDetokenizer(
  { config, checkpoint }: EncodecModel,
  kit: CodecKit,
): Promise<SpeechDetokenizerV1> {
  const { tokenSpace } = kit;
  const { hopSamples } = config;
  const { directory } = checkpoint;
  const graphs = buildRecurrentDecoder(config, weightsOf(checkpoint));
  const first = await kit.openReplicas(graphs.first, directory, 1);
  const recurrent = await kit.openBeside(graphs.recurrent, directory);
  const last = await kit.openReplicas(graphs.last, directory, 1);
  const stages: RecurrentStages = {
    first,
    recurrent,
    last,
    ...decoderWindows(config),
    inputWidth: config.codebookCount,
    featureWidth: widestChannels(config),
    outputWidth: hopSamples,
    hasInputRows: true,
  };
  return createStreamDetokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: config.sampleRateHz, channelCount: 1 },
    latencySamples: recurrentLatencies(config).detokenizer,
    openStream: ({ codebookCount }) => ({
      machine: new RecurrentDecoderStream({ tokenSpace, hopSamples, stages }, codebookCount),
    }),
    async close() {
      for (const graph of [first, recurrent, last]) await graph.close();
    },
  });
}

function encoderWindows(config: EncodecConfig): WindowShape {
  const { before, after } = downsamplingReach(config);
  const inFrames = { before: Math.ceil(before / config.hopSamples), after: Math.ceil(after / config.hopSamples) };
  return windowShape(inFrames, convPadding(config.lastKernelSize));
}

function decoderWindows(config: EncodecConfig): WindowShape {
  return windowShape(convPadding(config.kernelSize), upsamplingReach(config));
}

function windowShape(first: Reach, last: Reach): WindowShape {
  // A window that has run is never the last one: the recording went on for at least a frame after it.
  const firstReach = { before: first.before, after: Math.max(1, first.after) };
  const reaches = firstReach.before + firstReach.after + last.before + last.after;
  return { firstReach, lastReach: last, windowFrames: Math.max(usualWindowFrames, reaches + 1) };
}
