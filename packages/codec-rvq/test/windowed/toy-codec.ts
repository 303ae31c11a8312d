import type { SpeechDetokenizerV1, SpeechTokenizerV1, TokenSpace } from '@speech-tokens/core';
import {
  add,
  type BuiltGraph,
  cast,
  conv1d,
  cropCutSides,
  GraphBuilder,
  type GraphTensor,
  gatherRows,
  multiplyDim,
  openGraphSession,
  reshape,
  symbolicDim,
} from '@speech-tokens/onnx-graph';
import { oneReplica } from '../../src/parallel/graph-replicas.ts';
import { type WindowLayout, windowLayout } from '../../src/windowed/window-layout.ts';
import { createWindowedDetokenizer, type DecoderConditioning } from '../../src/windowed/windowed-detokenizer.ts';
import { createWindowedTokenizer } from '../../src/windowed/windowed-tokenizer.ts';

// A codec small enough to be computed by hand, with what the real ones have: two rates, padding beyond the coarsest
// hop, an encoder and a decoder that look ahead, a decoder that is a sample short at the end.

const size = 40;
const hops = [8, 4] as const;
export const toySpace: TokenSpace = {
  id: 'toy#0',
  sampleRateHz: 800,
  codebooks: hops.map((hopSamples, k) => ({ name: `codebook-${k}`, size, hopSamples })),
  prefixDecodable: true,
};

/** The encoder sees a hop of 8 on both sides, the decoder 4 samples. */
export const toyLayout: WindowLayout = windowLayout({
  paddingSamples: 16,
  windowSamples: 48,
  contextBeforeSamples: 8,
  contextAfterSamples: 17,
});

/** Contexts longer than windows: the second window reaches back to the start, too. */
export const toyContextLayout: WindowLayout = {
  paddingSamples: 16,
  windowSamples: 16,
  contextBeforeSamples: 48,
  contextAfterSamples: 32,
};

/** Codes: the mean of the samples from a hop before the frame to a hop after it, from -1 … 1 to 0 … 39. */
function buildToyEncoder(codebookCount: number): BuiltGraph {
  const g = new GraphBuilder('toy encoder');
  const frames = symbolicDim('frames');
  const samples = g.input('samples', 'float32', [multiplyDim(frames, 16)]);
  const signal = reshape(g, samples, [1, 1, multiplyDim(frames, 16)]);
  for (const [k, hop] of hops.slice(0, codebookCount).entries()) {
    const weight = g.constant(new Float32Array(3 * hop).fill(19 / (3 * hop)), [1, 1, 3 * hop]);
    const bias = g.constant(Float32Array.of(20), [1]);
    const means = conv1d(g, { weight, bias }, signal, { stride: hop, padding: [hop, hop] });
    g.output(`codes-${k}`, cast(g, reshape(g, means, [multiplyDim(frames, 16 / hop)]), 'int32'));
  }
  return g.build();
}

/** Sums the codes of all codebooks, then adds the samples 4 before and 3 after. `crops`: takes `cut`. */
function buildToyDecoder({ crops, noise, layout }: Required<ToyDecoderOptions>): BuiltGraph {
  const g = new GraphBuilder('toy decoder');
  const frames = symbolicDim('frames');
  const samples = multiplyDim(frames, 16);
  let sum: GraphTensor | undefined;
  for (const [k, hop] of hops.entries()) {
    const codes = g.input(`codes-${k}`, 'int32', [multiplyDim(frames, 16 / hop)]);
    const table = new Float32Array((size + 1) * hop);
    for (let id = 0; id < size; id++) table.fill((id - 20) / (20 * (k + 1)), id * hop, (id + 1) * hop);
    const vectors = gatherRows(g, g.constant(table, [size + 1, hop]), codes);
    const signal = reshape(g, vectors, [1, 1, samples]);
    sum = sum === undefined ? signal : add(g, sum, signal);
  }
  if (noise) sum = add(g, sum!, reshape(g, g.input('noise', 'float32', [samples]), [1, 1, samples]));
  const weight = Float32Array.of(0.25, 0, 0, 0, 1, 0, 0, 0.5);
  const around = conv1d(g, { weight: g.constant(weight, [1, 1, 8]) }, sum!, { padding: [4, 2] });
  // One sample short of the window: 4 before, 2 after, kernel 8.
  const cut = crops ? g.input('cut', 'int32', [2]) : undefined;
  const { contextBeforeSamples, contextAfterSamples } = layout;
  const cropped = cut && cropCutSides(g, around, cut, [contextBeforeSamples, contextAfterSamples - 1]);
  g.output('samples', cropped ?? around);
  return g.build();
}

export interface ToyDecoderOptions {
  readonly crops?: boolean;
  readonly noise?: boolean;
  readonly layout?: WindowLayout;
}

/** Noise that is a line, so that it shows the sample at which it was asked for. */
const toyNoise: DecoderConditioning = {
  label: 'noise',
  inputsAt: (start, end) => ({
    noise: { values: Float32Array.from({ length: end - start }, (_, i) => (start + i) / 1000), shape: [end - start] },
  }),
};

const openGraph = (graph: BuiltGraph) => openGraphSession(graph, { weightsDirectory: '.' });

export async function openToyTokenizer(layout: WindowLayout = toyLayout): Promise<SpeechTokenizerV1> {
  return createWindowedTokenizer({ tokenSpace: toySpace, layout, buildEncoder: buildToyEncoder, openGraph });
}

export function openToyDetokenizer(options: ToyDecoderOptions = {}): Promise<SpeechDetokenizerV1> {
  const { crops = false, noise = false, layout = toyLayout } = options;
  return createWindowedDetokenizer({
    tokenSpace: toySpace,
    layout,
    decoder: buildToyDecoder({ crops, noise, layout }),
    openReplicas: async (graph) => oneReplica(await openGraph(graph)),
    ...(noise ? { conditioningOf: () => toyNoise } : {}),
  });
}
