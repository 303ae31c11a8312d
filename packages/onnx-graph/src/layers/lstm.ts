import type { WeightScope } from '../checkpoint/weight-scope.ts';
import type { Dim } from '../graph/dim.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';
import { concat, reshape, slice } from '../ops/shape.ts';

/**
 * Long short-term memory over `x [steps, width]`, or over several signals `[steps, signals, width]` that do not see each
 * other; one layer after another, forward in time. What each layer remembers is carried from run to run; a stream starts
 * with zeros. A step's values do not depend on how many are computed with it. Every step reads all weights, so several
 * signals together take hardly longer than one. Weights as torch.nn.LSTM's: `weight_ih_l0 [4 · width, width]`, `weight_hh_l0`, `bias_ih_l0`,
 * `bias_hh_l0`, …, gates in the order input, forget, cell, output.
 */
export function lstm(g: GraphBuilder, weights: WeightScope, x: GraphTensor, layerCount: number): GraphTensor {
  const [steps, signals, width] = x.shape.length === 2 ? [x.shape[0], 1, x.shape[1]] : x.shape;
  if (x.shape.length > 3 || typeof signals !== 'number' || typeof width !== 'number') {
    throw g.error('LSTM', describe(x), '[steps, width] or [steps, signals, width]');
  }
  let y = reshape(g, x, [steps!, signals, width]);
  for (let layer = 0; layer < layerCount; layer++) {
    y = g.scope(`lstm-${layer}`, () => lstmLayer(g, weights, y, layer));
  }
  return reshape(g, y, x.shape);
}

/** `x [steps, signals, width]` in and out. */
function lstmLayer(g: GraphBuilder, weights: WeightScope, x: GraphTensor, layer: number): GraphTensor {
  const [steps, signals, width] = x.shape as readonly [Dim, number, number];
  const matrix = (name: string): GraphTensor =>
    reshape(g, gatesReordered(g, weights.tensor(g, `${name}_l${layer}`, [4 * width, width])), [1, 4 * width, width]);
  const biases = ['bias_ih', 'bias_hh'].map((name) =>
    gatesReordered(g, weights.tensor(g, `${name}_l${layer}`, [4 * width])),
  );
  const bias = reshape(g, concat(g, biases, 0), [1, 8 * width]);
  const hidden = g.state('hidden', 'float32', [1, signals, width]);
  const cell = g.state('cell', 'float32', [1, signals, width]);
  const stateType = { elementType: 'float32', shape: [1, signals, width] } as const;
  const [y, nextHidden, nextCell] = g.nodeWithOutputs(
    'LSTM',
    [x, matrix('weight_ih'), matrix('weight_hh'), bias, undefined, hidden.value, cell.value],
    [{ elementType: 'float32', shape: [steps, 1, signals, width] }, stateType, stateType],
    { hidden_size: width },
  );
  hidden.advance(nextHidden!);
  cell.advance(nextCell!);
  return reshape(g, y!, x.shape);
}

/** Torch's gates (input, forget, cell, output) in the order of the ONNX operator: input, output, forget, cell. */
function gatesReordered(g: GraphBuilder, gates: GraphTensor): GraphTensor {
  const width = (gates.shape[0] as number) / 4;
  return concat(
    g,
    [0, 3, 1, 2].map((gate) => slice(g, gates, 0, gate * width, (gate + 1) * width)),
    0,
  );
}
