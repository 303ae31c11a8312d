import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { add, multiply } from '../../ops/elementwise.ts';
import { cast } from '../../ops/matrix.ts';
import type { IntegerGrid } from './stream-value.ts';

/*
 * Integer arithmetic as XNNPACK does it, which the authors of Lyra run their files with. A grid's integers are floats
 * here: sums of products stay below 2^24, so that they are exact, in whatever order they are added.
 * Source: google/XNNPACK, src/microparams-init.c and src/operators (qs8).
 */

const lowest = -128;
const highest = 127;

/** Reals to the integers of a grid. */
export function quantize(g: GraphBuilder, x: GraphTensor, grid: IntegerGrid): GraphTensor {
  return settle(g, multiply(g, x, g.scalar(Math.fround(1 / Math.fround(grid.scale)))), grid);
}

export function dequantize(g: GraphBuilder, x: GraphTensor, grid: IntegerGrid): GraphTensor {
  return multiply(g, x, g.scalar(grid.scale));
}

/** Rounds to the nearest integers, halves to even, and keeps them within 8 bits. */
function settle(g: GraphBuilder, x: GraphTensor, grid: IntegerGrid): GraphTensor {
  return within8Bits(g, g.node('Round', [x], x), grid);
}

/** Sums of products of integers to the grid of the result: `scales` has one for each channel, or one for all. */
export function requantize(
  g: GraphBuilder,
  sums: GraphTensor,
  scales: readonly number[],
  grid: IntegerGrid,
): GraphTensor {
  return settle(g, multiply(g, sums, g.constant(Float32Array.from(scales), [scales.length])), grid);
}

/** x where it is positive, α · x elsewhere: with both slopes as multiples of 1/256. */
export function leakyReluOfIntegers(
  g: GraphBuilder,
  x: GraphTensor,
  alpha: number,
  from: IntegerGrid,
  to: IntegerGrid,
): GraphTensor {
  const slope = (factor: number): GraphTensor =>
    multiply(g, x, g.scalar(roundHalfToEven((256 * factor * from.scale) / to.scale) / 256));
  const y = g.node('Max', [slope(1), slope(alpha)], x);
  return within8Bits(g, roundHalfUp(g, y), to);
}

/** The sum of integers of two grids, with factors of 21 bits. */
export function addIntegers(
  g: GraphBuilder,
  [a, fromA]: readonly [GraphTensor, IntegerGrid],
  [b, fromB]: readonly [GraphTensor, IntegerGrid],
  to: IntegerGrid,
): GraphTensor {
  const factors = [fromA.scale / to.scale, fromB.scale / to.scale] as const;
  const shift = 20 - Math.floor(Math.log2(Math.max(...factors)));
  const scaled = (x: GraphTensor, factor: number): GraphTensor => {
    const fixed = roundHalfToEven(factor * 2 ** shift) / 2 ** shift;
    return multiply(g, cast(g, x, 'float64'), doubleOf(g, fixed));
  };
  const sum = add(g, scaled(a, factors[0]), scaled(b, factors[1]));
  return within8Bits(g, cast(g, roundHalfUp(g, sum), 'float32'), to);
}

function doubleOf(g: GraphBuilder, value: number): GraphTensor {
  const bytes = new Uint8Array(Float64Array.of(value).buffer);
  return g.initializer({ name: `double_${value}`, elementType: 'float64', shape: [], data: bytes });
}

function roundHalfUp(g: GraphBuilder, x: GraphTensor): GraphTensor {
  const half = x.elementType === 'float64' ? doubleOf(g, 0.5) : g.scalar(0.5);
  return g.node('Floor', [add(g, x, half)], x);
}

function within8Bits(g: GraphBuilder, x: GraphTensor, { zeroPoint }: IntegerGrid): GraphTensor {
  return g.node('Clip', [x, g.scalar(lowest - zeroPoint), g.scalar(highest - zeroPoint)], x);
}

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
