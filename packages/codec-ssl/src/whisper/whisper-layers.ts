import {
  add,
  affineNorm,
  type Checkpoint,
  conv1d,
  type Dim,
  fullAttention,
  type GraphBuilder,
  type GraphTensor,
  gelu,
  multiplyDim,
  projection,
  reshape,
  rowsToSignal,
  signalToRows,
  type WeightScope,
  weightsOf,
} from '@speech-tokens/onnx-graph';
import { dense } from '../wave/transformer-layer.ts';
import type { WhisperConfig } from './whisper-config.ts';

export const normEpsilon = 1e-5;

/**
 * Two log-mel frames a row, `[rows, 2 · bands] → [rows, width]`: two convolutions, of which the second halves the rate
 * again, and the positions, which start with the first row.
 * @param isCausal whether a row sees nothing after it: padding then lies before the signal, and not on either side
 */
export function whisperStem(
  g: GraphBuilder,
  weights: WeightScope,
  rows: GraphTensor,
  { bandCount, width, positionCount }: WhisperConfig,
  isCausal = false,
): GraphTensor {
  const padding = isCausal ? ([2, 0] as const) : ([1, 1] as const);
  const convolved = (name: string, x: GraphTensor, inChannels: number, stride: number): GraphTensor => {
    const scope = weights.scope(name);
    const weight = scope.tensor(g, 'weight', [width, inChannels, 3]);
    return gelu(g, conv1d(g, { weight, bias: scope.tensor(g, 'bias', [width]) }, x, { stride, padding }));
  };
  const frames = rows.shape[0] as Dim;
  const mel = rowsToSignal(g, reshape(g, rows, [multiplyDim(frames, 2), bandCount]));
  const x = signalToRows(g, convolved('conv2', convolved('conv1', mel, bandCount, 1), width, 2));
  const table = weights.scope('embed_positions').tensor(g, 'weight', [positionCount, width]);
  const count = g.node('Shape', [rows], { elementType: 'int64', shape: [1] }, { start: 0, end: 1 });
  const positions = g.node('Slice', [table, g.int64s([0]), count, g.int64s([0])], {
    elementType: 'float32',
    shape: [frames, width],
  });
  return add(g, x, positions);
}

/**
 * One layer, `[rows, width] → [rows, width]`.
 * @param bias `[1, 1, rows, rows]`, added to the scores of attention; all rows see each other where absent
 */
export function whisperLayer(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  { width, headCount, feedForwardWidth }: WhisperConfig,
  bias?: GraphTensor,
): GraphTensor {
  const attention = weights.scope('self_attn');
  const input = affineNorm(g, weights.scope('self_attn_layer_norm'), x, normEpsilon);
  // Keys have no bias.
  const keys = projection(g, attention.scope('k_proj').tensor(g, 'weight', [width, width]), input);
  const queries = dense(g, attention.scope('q_proj'), input, width);
  const values = dense(g, attention.scope('v_proj'), input, width);
  const mixed = fullAttention(g, { queries, keys, values }, bias === undefined ? { headCount } : { headCount, bias });
  const attended = add(g, x, dense(g, attention.scope('out_proj'), mixed, width));
  const normed = affineNorm(g, weights.scope('final_layer_norm'), attended, normEpsilon);
  const inner = gelu(g, dense(g, weights.scope('fc1'), normed, feedForwardWidth));
  return add(g, attended, dense(g, weights.scope('fc2'), inner, width));
}

/** Checkpoints of the whole model, of its bare form, and of the encoder alone. */
export function encoderWeights(checkpoint: Checkpoint): WeightScope {
  const weights = weightsOf(checkpoint);
  const scopes = [weights.scope('model').scope('encoder'), weights.scope('encoder'), weights];
  return scopes.find((scope) => scope.has('conv1.weight')) ?? scopes[0]!;
}
