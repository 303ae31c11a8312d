import type { WeightScope } from '../checkpoint/weight-scope.ts';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../graph/graph-types.ts';
import { add } from '../ops/elementwise.ts';
import { type BlockMatrix, blockValues } from '../quantized/block-quantize.ts';
import { projection } from './projection.ts';

export interface DenseOptions {
  /** Name of the matrix `[out, in]`; `weight` where absent. */
  readonly name?: string;
  /** Whether there is a `bias` `[out]`. */
  readonly hasBias?: boolean;
}

/**
 * `x [rows, in] · weightᵀ + bias`, `[rows, out]`, with the weight as torch.nn.Linear keeps it, or quantized in blocks where
 * the scope has it so. Source of the quantized product: microsoft/onnxruntime, docs/ContribOperators.md,
 * `com.microsoft.MatMulNBits`; its activations are rounded to 8 bits in blocks.
 */
export function dense(
  g: GraphBuilder,
  weights: WeightScope,
  x: GraphTensor,
  outputWidth: number,
  { name = 'weight', hasBias = false }: DenseOptions = {},
): GraphTensor {
  const bias = hasBias ? weights.tensor(g, 'bias', [outputWidth]) : undefined;
  const blocks = weights.blocks?.(name);
  if (blocks === undefined) {
    const weight = weights.tensor(g, name, [outputWidth, x.shape[1] as number]);
    return projection(g, weight, x, bias === undefined ? {} : { bias });
  }
  const product = quantizedProduct(g, blocks, x, outputWidth);
  return bias === undefined ? product : add(g, product, bias);
}

function quantizedProduct(
  g: GraphBuilder,
  { name, bits, values, scales }: BlockMatrix,
  x: GraphTensor,
  outputWidth: number,
): GraphTensor {
  const width = x.shape[1] as number;
  if ((values.length * 8) / bits !== outputWidth * width) {
    throw g.error('quantized projection', describe(x), `${(values.length * 8) / bits / outputWidth} columns`);
  }
  const blocks = width / blockValues;
  const bytes = new Uint8Array(scales.buffer, scales.byteOffset, scales.byteLength);
  const matrix = g.initializer({
    name: `${name} in ${bits} bits`,
    elementType: 'uint8',
    shape: [outputWidth, blocks, (blockValues * bits) / 8],
    data: values,
  });
  const scale = g.initializer({
    name: `${name} scales`,
    elementType: 'float32',
    shape: [outputWidth * blocks],
    data: bytes,
  });
  return g.node(
    'MatMulNBits',
    [x, matrix, scale],
    { elementType: 'float32', shape: [x.shape[0]!, outputWidth] },
    { K: width, N: outputWidth, bits, block_size: blockValues, accuracy_level: 4 },
    'com.microsoft',
  );
}
