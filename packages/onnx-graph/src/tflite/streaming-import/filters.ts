import type { GraphTensor } from '../../graph/graph-types.ts';
import { multiply } from '../../ops/elementwise.ts';
import { cast } from '../../ops/matrix.ts';
import type { TfliteOperator, TfliteTensor } from '../tflite-model.ts';
import { constantInput, failAt, type ImportContext, storedConstant } from './import-context.ts';
import type { IntegerGrid } from './stream-value.ts';

/** A filter or bias of `count` channels; where the arithmetic is of integers they are integers as floats. */
export interface Filter {
  readonly weight: GraphTensor;
  readonly bias: GraphTensor;
  /** Scale of the sums of products, for each output channel; absent where sums are reals. */
  readonly sumScales?: readonly number[];
}

/** Filter (input 1) and bias (the last input), as reals, or as integers where the input has a grid. */
export function filterOf(
  context: ImportContext,
  operator: TfliteOperator,
  axis: number,
  count: number,
  grid: IntegerGrid | undefined,
  biasInput = 2,
): Filter {
  const { g } = context;
  const filter = constantInput(context, operator, 1);
  const bias = constantInput(context, operator, biasInput);
  if (bias.tensor.shape.length !== 1 || bias.tensor.shape[0] !== count) {
    failAt(context, operator, `a bias [${bias.tensor.shape.join(', ')}]`, `[${count}]`);
  }
  const stored = {
    weight: cast(g, storedConstant(context, filter.tensor, filter.constant), 'float32'),
    bias: cast(g, storedConstant(context, bias.tensor, bias.constant), 'float32'),
  };
  if (filter.constant.elementType === 'float32' && bias.constant.elementType === 'float32' && grid === undefined) {
    return stored;
  }
  const filterScales = scalesOf(context, operator, filter.tensor, axis, count);
  const biasScales = scalesOf(context, operator, bias.tensor, 0, count);
  if (grid !== undefined) {
    requireExactSums(context, operator, filter.tensor, count);
    return { ...stored, sumScales: filterScales.map((scale) => Math.fround(scale * grid.scale)) };
  }
  const along = filter.tensor.shape.map((_, i) => (i === axis ? count : 1));
  return {
    weight: multiply(g, stored.weight, g.constant(Float32Array.from(filterScales), along)),
    bias: multiply(g, stored.bias, g.constant(Float32Array.from(biasScales), [count])),
  };
}

/** One scale for each channel of 8-bit or 32-bit integers whose zero point is 0. */
function scalesOf(
  context: ImportContext,
  operator: TfliteOperator,
  tensor: TfliteTensor,
  axis: number,
  count: number,
): readonly number[] {
  const { quantization, elementType, key } = tensor;
  const scales = quantization?.scales ?? [];
  const isUsable =
    (elementType === 'int8' || elementType === 'int32') &&
    quantization?.zeroPoints.every((zeroPoint) => zeroPoint === 0) === true &&
    (scales.length === 1 || (scales.length === count && quantization.axis === axis));
  if (!isUsable) {
    return failAt(
      context,
      operator,
      `${key} of ${elementType} with ${scales.length} scales`,
      `float32 throughout, or integers with one scale, or ${count} on axis ${axis}, and zero points 0`,
    );
  }
  return scales.length === 1 ? Array.from({ length: count }, () => scales[0]!) : scales;
}

/** Sums of products of 8 and 9 bits, of which floats hold 24 exactly. */
function requireExactSums(context: ImportContext, operator: TfliteOperator, filter: TfliteTensor, count: number): void {
  const products = filter.shape.reduce((product, size) => product * size, 1) / count;
  if (products * 128 * 255 > 2 ** 24) failAt(context, operator, `sums of ${products} products`, 'at most 514');
}
