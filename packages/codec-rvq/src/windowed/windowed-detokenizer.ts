import {
  createStreamDetokenizer,
  type DetokenizerSettings,
  type SpeechDetokenizerV1,
  type TokenSpace,
} from '@speech-tokens/core';
import type { BuiltGraph, TensorInput } from '@speech-tokens/onnx-graph';
import type { GraphReplicas } from '../parallel/graph-replicas.ts';
import { DecoderWindows } from './decoder-windows.ts';
import { takesCut } from './window-graph.ts';
import { type WindowLayout, windowLatencySamples } from './window-layout.ts';
import { assertHopsFit } from './windowed-tokenizer.ts';

/** What a decoder is given beside the codes: it follows from the place in the recording alone. */
export interface DecoderConditioning {
  /** In words; a saved state continues only with the same. */
  readonly label: string;
  /** Inputs for the samples from `startSample` to `endSample` (exclusive), counted as `startSample` of grids is. */
  inputsAt(startSample: number, endSample: number): Readonly<Record<string, TensorInput>>;
}

export interface WindowedDetokenizerParts {
  /** Each codebook has a hop, which divides the layout's padding. */
  readonly tokenSpace: TokenSpace;
  readonly layout: WindowLayout;
  /**
   * A graph without state, see `WindowGraph`: `codes-0, codes-1, … int32 [n / hop of the codebook] → samples [n]`, one
   * input for each codebook of the space. A code equal to the codebook's size leaves that codebook out. Where the decoder
   * gives out less than n samples at the end, the rest is silence.
   */
  readonly decoder: BuiltGraph;
  openReplicas(graph: BuiltGraph): Promise<GraphReplicas>;
  /**
   * Further inputs of the decoder, for example seeded noise. None where absent.
   * @throws SpeechTokensError `argument-invalid` for a conditioning that the codec does not know
   */
  conditioningOf?(given: DetokenizerSettings['conditioning']): DecoderConditioning;
}

/**
 * A mono detokenizer around a decoder that looks ahead: the mirror of `createWindowedTokenizer`. A grid that starts later
 * than sample 0 is decoded as a recording of its own.
 */
export async function createWindowedDetokenizer(parts: WindowedDetokenizerParts): Promise<SpeechDetokenizerV1> {
  const { tokenSpace, layout } = parts;
  assertHopsFit(tokenSpace, layout);
  const decoder = { replicas: await parts.openReplicas(parts.decoder), takesCut: takesCut(parts.decoder) };
  return createStreamDetokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    latencySamples: windowLatencySamples(layout),
    openStream({ codebookCount, conditioning }) {
      const conditions = parts.conditioningOf?.(conditioning);
      return {
        machine: new DecoderWindows({ tokenSpace, layout, decoder, codebookCount, conditioning: conditions }),
        ...(conditions === undefined ? {} : { conditionedOn: conditions.label }),
      };
    },
    close: () => decoder.replicas.close(),
  });
}
