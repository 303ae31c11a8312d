import {
  type BuiltGraph,
  GraphBuilder,
  importStream,
  multiplyDim,
  reshape,
  residualDecode,
  residualEncode,
  symbolicDim,
  type TfliteModel,
} from '@speech-tokens/onnx-graph';
import { type Codebooks, codebookConstant } from './codebooks.ts';

/**
 * Activations that the files have as 8-bit integers are rounded to their grids, as in the authors' program: only so are
 * the tokens theirs (99.8 % of the first 16 codebooks, against 74 % with reals; what remains are sums of reals, which
 * round otherwise on every machine). With reals the speech is a little better: DNSMOS 2.91 against 2.87 at 3.2 kbps.
 */
const rounded = true;

/**
 * The encoder: `samples [frames · hop] → codes int32 [frames, codebookCount]` of the first codebooks, with the variables
 * of the file as carried state. Step i sees no samples past frame i.
 * @throws SpeechTokensError `checkpoint-invalid`
 */
export function buildEncoderGraph(
  encoder: TfliteModel,
  codebooks: Codebooks,
  hopSamples: number,
  codebookCount: number,
): BuiltGraph {
  const g = new GraphBuilder('Lyra encoder');
  const frames = symbolicDim('frames');
  const samples = g.input('samples', 'float32', [multiplyDim(frames, hopSamples)]);
  const input = { x: reshape(g, samples, [multiplyDim(frames, hopSamples), 1]), rows: hopSamples, channels: 1 };
  const latents = importStream(g, encoder, frames, input, { rows: 1, channels: codebooks.width }, { rounded });
  const codes = g.scope('quantizer', () =>
    residualEncode(g, latents, codebookConstant(g, codebooks, codebookCount), codebookCount),
  );
  g.output('codes', codes);
  return g.build();
}

/**
 * The decoder: `codes int32 [frames, codebooks] → samples [frames · hop]`, with the variables of the file as carried
 * state. A code equal to the codebooks' size leaves that codebook out.
 * @throws SpeechTokensError `checkpoint-invalid`
 */
export function buildDecoderGraph(decoder: TfliteModel, codebooks: Codebooks, hopSamples: number): BuiltGraph {
  const g = new GraphBuilder('Lyra decoder');
  const frames = symbolicDim('frames');
  const codes = g.input('codes', 'int32', [frames, codebooks.count]);
  const latents = g.scope('quantizer', () => residualDecode(g, codes, codebookConstant(g, codebooks, codebooks.count)));
  const input = { x: latents, rows: 1, channels: codebooks.width };
  const samples = importStream(g, decoder, frames, input, { rows: hopSamples, channels: 1 }, { rounded });
  g.output('samples', reshape(g, samples, [multiplyDim(frames, hopSamples)]));
  return g.build();
}
