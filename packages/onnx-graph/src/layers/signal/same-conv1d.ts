import type { Dim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';
import { add } from '../../ops/elementwise.ts';
import { matMul, transpose } from '../../ops/matrix.ts';
import { reshape, slice } from '../../ops/shape.ts';
import { type ConvWeights, conv1d } from './conv1d.ts';
import { minimalFiltering } from './minimal-filtering.ts';

/**
 * A convolution that keeps the length, odd kernel, zeros around: `x [1, in, samples] → [1, out, samples]`.
 *
 * Wide layers are lowered to fewer multiplications by minimal filtering over time: samples that lie a dilation apart
 * form tiles, whose transforms are products with small constant matrices, and between them stand 12 matrix products
 * `[out, in]` in place of 42 for tiles of 6 results and 7 taps, 10 in place of 28 for tiles of 4. Rounding errors lie 104 dB
 * below the result for tiles of 6, 107 to 112 dB for tiles of 4 (a direct sum's: 130). Where channels are few, the transforms cost
 * more than they save, and the runtime's convolution is used. Measured in decisions/0017; the border between the two is
 * where both took equally long.
 */
export function sameConv1d(
  g: GraphBuilder,
  weights: ConvWeights,
  x: GraphTensor,
  { dilation = 1, tileOutputs = 6 }: { readonly dilation?: number; readonly tileOutputs?: 4 | 6 } = {},
): GraphTensor {
  const [out, inChannels, kernel] = weights.weight.shape as readonly number[];
  if (kernel! % 2 === 0) throw g.error('convolution', describe(weights.weight), 'an odd kernel');
  const leastChannels = dilation === 1 ? 384 : 192;
  if (kernel! >= 5 && Math.min(out!, inChannels!) >= leastChannels)
    return filterTiles(g, weights, x, { dilation, tileOutputs });
  const around = (dilation * (kernel! - 1)) / 2;
  return conv1d(g, weights, x, { dilation, padding: [around, around] });
}

interface Tiles {
  readonly dilation: number;
  /** Neighbouring results of one tile. */
  readonly tileOutputs: number;
}

function filterTiles(g: GraphBuilder, { weight, bias }: ConvWeights, x: GraphTensor, tiling: Tiles): GraphTensor {
  const { dilation, tileOutputs } = tiling;
  const [out, inChannels, kernel] = weight.shape as readonly [number, number, number];
  if (x.shape.length !== 3 || x.shape[1] !== inChannels) {
    throw g.error('convolution', describe(x), `[1, ${inChannels}, samples] for weights ${describe(weight)}`);
  }
  const filtering = minimalFiltering(tileOutputs, kernel);
  const { products } = filtering;
  const matrix = (values: Float32Array, rows: number): GraphTensor => g.constant(values, [rows, values.length / rows]);
  // [products, out, in]
  const flatWeight = reshape(g, transpose(g, weight, [2, 0, 1]), [kernel, out * inChannels]);
  const transformed = matMul(g, matrix(filtering.weightTransform, products), flatWeight);
  const kernels = reshape(g, transformed, [products, out, inChannels]);

  const { phases, tiles, length } = tilePhases(g, x, tiling, kernel);
  // Sample k of every tile: the phases k · dilation … (k + 1) · dilation, of the tile itself or of one after it.
  const further = Math.ceil((kernel - 1) / tileOutputs);
  const samples = Array.from({ length: products }, (_, k) => {
    const [later, phase] = [Math.floor(k / tileOutputs), (k % tileOutputs) * dilation];
    const rows = slice(g, phases, 1, phase, phase + dilation);
    return slice(g, rows, 2, later, { fromEnd: further - later });
  });
  const perTile = symbol(g, 'values');
  const raw = (operator: string, inputs: readonly GraphTensor[], shape: readonly Dim[], attributes = {}) =>
    g.node(operator, inputs, { elementType: x.elementType, shape }, attributes);
  const joined = raw('Concat', samples, [products * inChannels, dilation, tiles], { axis: 0 });
  const columns = raw('Reshape', [joined, g.int64s([products, -1])], [products, perTile]);
  const inputs = matMul(g, matrix(filtering.inputTransform, products), columns);
  const byProduct = raw('Reshape', [inputs, g.int64s([products, inChannels, -1])], [products, inChannels, perTile]);
  const multiplied = raw('MatMul', [kernels, byProduct], [products, out, perTile]);
  const results = raw('Reshape', [multiplied, g.int64s([products, -1])], [products, perTile]);
  const outputs = matMul(g, matrix(filtering.outputTransform, tileOutputs), results);
  // [tile outputs, out, dilation, tiles] → [out, tiles, tile outputs, dilation] = [out, samples]
  const split = raw(
    'Reshape',
    [outputs, g.int64s([tileOutputs, out, dilation, -1])],
    [tileOutputs, out, dilation, tiles],
  );
  const byPhase = reshape(g, transpose(g, split, [1, 0, 2, 3]), [out, tileOutputs * dilation, tiles]);
  const interleaved = raw('Reshape', [transpose(g, byPhase, [0, 2, 1]), g.int64s([1, out, -1])], [1, out, perTile]);
  const y = raw('Slice', [interleaved, g.int64s([0]), length, g.int64s([2])], [1, out, x.shape[2]!]);
  return bias === undefined ? y : add(g, y, reshape(g, bias, [1, out, 1]));
}

/**
 * Cuts a signal into tiles and turns them on their side, zeros around: `[1, channels, samples] →
 * phases [channels, tile outputs · dilation, tiles + those that the last tiles reach into]`.
 */
function tilePhases(
  g: GraphBuilder,
  x: GraphTensor,
  { dilation, tileOutputs }: Tiles,
  kernel: number,
): { readonly phases: GraphTensor; readonly tiles: Dim; readonly length: GraphTensor } {
  const channels = x.shape[1] as number;
  const span = tileOutputs * dilation;
  const before = (dilation * (kernel - 1)) / 2;
  const further = Math.ceil((kernel - 1) / tileOutputs);
  const integers = (operator: string, inputs: readonly GraphTensor[], attributes = {}): GraphTensor =>
    g.node(operator, inputs, { elementType: 'int64', shape: [1] }, attributes);
  const length = integers('Shape', [x], { start: 2, end: 3 });
  const whole = integers('Mul', [
    integers('Div', [integers('Add', [length, g.int64s([span - 1 + further * span])]), g.int64s([span])]),
    g.int64s([span]),
  ]);
  const after = integers('Sub', [whole, integers('Add', [length, g.int64s([before])])]);
  const pads = g.node(
    'Concat',
    [g.int64s([0, 0, before, 0, 0]), after],
    { elementType: 'int64', shape: [6] },
    { axis: 0 },
  );
  const tiles = symbol(g, 'tiles');
  const all = { ...tiles, plus: further };
  const padded = g.node('Pad', [x, pads], {
    elementType: x.elementType,
    shape: [1, channels, { ...all, times: span, plus: further * span }],
  });
  return { phases: transpose(g, reshape(g, padded, [channels, all, span]), [0, 2, 1]), tiles, length };
}

/** A length that follows from the input's when the graph runs, by arithmetic that shapes here do not know. */
function symbol(g: GraphBuilder, name: string): Exclude<Dim, number> {
  return { symbol: `${g.path()}/${name}`, times: 1, plus: 0 };
}
