import {
  add,
  affineNorm,
  type BuiltGraph,
  conv1d,
  GraphBuilder,
  type GraphTensor,
  gatherRows,
  matMul,
  relu,
  reshape,
  rowsToSignal,
  signalToRows,
  symbolicDim,
  transpose,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { VocoderConfig } from './vocoder-config.ts';

/** Units on either side that the duration of a unit depends on: two convolutions of three taps. */
export const durationReach = 2;

/**
 * How long units last: `units int32 [units] → logs float32 [units]`, log(1 + frames).
 * Source: huggingface/transformers, `modeling_seamless_m4t.py` (`SeamlessM4TVariancePredictor`).
 */
export function buildDurationGraph(config: VocoderConfig, weights: WeightScope): BuiltGraph {
  const g = new GraphBuilder('unit durations');
  const { unitCount, unitWidth: width, durationKernel: kernel } = config;
  const count = symbolicDim('units');
  const table = weights.scope('unit_embedding').tensor(g, 'weight', [unitCount, width]);
  const own = weights.scope('dur_predictor');
  let rows: GraphTensor = gatherRows(g, table, g.input('units', 'int32', [count]));
  for (const i of [1, 2]) {
    rows = g.scope(`dur_predictor.conv${i}`, () => {
      const scope = own.scope(`conv${i}`);
      const parts = {
        weight: scope.tensor(g, 'weight', [width, width, kernel]),
        bias: scope.tensor(g, 'bias', [width]),
      };
      const around = (kernel - 1) / 2;
      const signal = relu(g, conv1d(g, parts, rowsToSignal(g, rows), { padding: [around, around] }));
      return affineNorm(g, own.scope(`ln${i}`), signalToRows(g, signal), 1e-5);
    });
  }
  const scope = own.scope('proj');
  const logs = matMul(g, rows, transpose(g, scope.tensor(g, 'weight', [1, width]), [1, 0]));
  g.output('logs', reshape(g, add(g, logs, scope.tensor(g, 'bias', [1])), [count]));
  return g.build();
}
