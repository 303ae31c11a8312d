/**
 * The length of an axis that is known only at run time: `times · symbol + plus`, for example 320 · frames + 480.
 * Two lengths are equal only where they are equal for every value of the symbol.
 */
export interface SymbolicDim {
  readonly symbol: string;
  readonly times: number;
  readonly plus: number;
}

export type Dim = number | SymbolicDim;
export type Shape = readonly Dim[];

export function symbolicDim(symbol: string): SymbolicDim {
  return { symbol, times: 1, plus: 0 };
}

/** Their sum; `undefined` where it is no length of this form (two symbols). */
export function addDims(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number') return typeof b === 'number' ? a + b : { ...b, plus: b.plus + a };
  if (typeof b === 'number') return { ...a, plus: a.plus + b };
  if (a.symbol !== b.symbol) return undefined;
  return simplify({ symbol: a.symbol, times: a.times + b.times, plus: a.plus + b.plus });
}

export function multiplyDim(a: Dim, factor: number): Dim {
  return typeof a === 'number'
    ? a * factor
    : simplify({ symbol: a.symbol, times: a.times * factor, plus: a.plus * factor });
}

/** An exact division; `undefined` where it leaves a rest. */
export function divideDim(a: Dim, divisor: number): Dim | undefined {
  if (typeof a === 'number') return a % divisor === 0 ? a / divisor : undefined;
  if (a.times % divisor !== 0 || a.plus % divisor !== 0) return undefined;
  return { symbol: a.symbol, times: a.times / divisor, plus: a.plus / divisor };
}

/**
 * A division rounded down, as strides do: ⌊a / divisor⌋; `undefined` where it is no length of this form for every value
 * of the symbol.
 */
export function floorDivideDim(a: Dim, divisor: number): Dim | undefined {
  if (typeof a === 'number') return Math.floor(a / divisor);
  if (a.times % divisor !== 0) return undefined;
  return { symbol: a.symbol, times: a.times / divisor, plus: Math.floor(a.plus / divisor) };
}

export function dimsEqual(a: Dim, b: Dim): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  return a.symbol === b.symbol && a.times === b.times && a.plus === b.plus;
}

export function shapesEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dimsEqual(dim, b[axis]!));
}

export function formatDim(dim: Dim): string {
  if (typeof dim === 'number') return String(dim);
  const scaled = dim.times === 1 ? dim.symbol : `${dim.times}*${dim.symbol}`;
  return dim.plus === 0 ? scaled : `${scaled}${dim.plus > 0 ? '+' : ''}${dim.plus}`;
}

export function formatShape(shape: Shape): string {
  return `[${shape.map(formatDim).join(', ')}]`;
}

function simplify(dim: SymbolicDim): Dim {
  return dim.times === 0 ? dim.plus : dim;
}
