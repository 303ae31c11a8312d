import { createStreamTokenizer, type SpeechTokenizerV1, SpeechTokensError, type TokenSpace } from '@speech-tokens/core';
import type { BuiltGraph, GraphSession } from '@speech-tokens/onnx-graph';
import { createGraphPool } from '../family/graph-pool.ts';
import { oneReplica } from '../parallel/graph-replicas.ts';
import { EncoderWindows } from './encoder-windows.ts';
import { takesCut } from './window-graph.ts';
import { type WindowLayout, windowLatencySamples } from './window-layout.ts';

export interface WindowedTokenizerParts {
  /** Each codebook has a hop, which divides the layout's padding. */
  readonly tokenSpace: TokenSpace;
  readonly layout: WindowLayout;
  /**
   * A graph without state, see `WindowGraph`: `samples [n] → codes-0, codes-1, … int32 [n / hop of the codebook]`, one
   * output for each of the first `codebookCount` codebooks; n is a multiple of the layout's padding.
   */
  buildEncoder(codebookCount: number): BuiltGraph;
  /** Loads an encoder: once for each count that is asked for. */
  openGraph(graph: BuiltGraph): Promise<GraphSession>;
}

/**
 * A mono tokenizer around an encoder that looks ahead: recordings of any length are encoded window by window, on one grid
 * from their start, with as much context as the encoder sees. Tokens equal those of the whole recording at once, and
 * those of streams, whatever the pieces.
 * @throws SpeechTokensError `checkpoint-invalid` when the encoder cannot be built
 */
export function createWindowedTokenizer(parts: WindowedTokenizerParts): SpeechTokenizerV1 {
  const { tokenSpace, layout } = parts;
  assertHopsFit(tokenSpace, layout);
  // A checkpoint that does not fit is refused now, not at the first call.
  parts.buildEncoder(tokenSpace.codebooks.length);
  const graphs = createGraphPool((codebookCount) => parts.openGraph(parts.buildEncoder(codebookCount)));
  const cuts = takesCut(parts.buildEncoder(1));
  return createStreamTokenizer({
    tokenSpace,
    audioFormat: { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 },
    latencySamples: windowLatencySamples(layout),
    openStream: async (codebookCount) =>
      new EncoderWindows(
        { tokenSpace, layout, encoder: { replicas: oneReplica(await graphs.get(codebookCount)), takesCut: cuts } },
        codebookCount,
      ),
    close: () => graphs.close(),
  });
}

/** @throws SpeechTokensError `argument-invalid` when a codebook has no whole number of frames in the padding */
export function assertHopsFit({ codebooks }: TokenSpace, { paddingSamples, windowSamples }: WindowLayout): void {
  const hops = codebooks.map(({ hopSamples }) => hopSamples);
  if (windowSamples % paddingSamples === 0 && hops.every((hop) => hop !== undefined && paddingSamples % hop === 0))
    return;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The windows do not fit the token space',
    found: `windows of ${windowSamples} samples, padding to ${paddingSamples}, hops of ${hops.join(', ')}`,
    wanted: 'hops that divide the padding, which divides the window',
    remedy: 'Make the layout with windowLayout, from the hops of the space',
    details: { argument: 'layout' },
  });
}
