/** The matrices of a minimal filtering algorithm F(outputs, taps): y = Aᵀ [(G w) ⊙ (Bᵀ x)]. Row by row. */
export interface MinimalFiltering {
  /** Products of one tile: outputs + taps − 1. */
  readonly products: number;
  /** Aᵀ `[outputs, products]` */
  readonly outputTransform: Float32Array;
  /** G `[products, taps]` */
  readonly weightTransform: Float32Array;
  /** Bᵀ `[products, products]` */
  readonly inputTransform: Float32Array;
}

/**
 * Points at which the polynomials are evaluated, ±p for each; further ones are 0 and infinity. They decide how large the
 * rounding errors are: these were found by searches over fractions for 7 taps, of 4 and of 6 outputs. For 6, halves and
 * three quarters in place of these make errors 4 dB larger; for 4, the first four of those for 6 make them 3 dB larger.
 */
const fourPairs = [1 / 2, 3 / 4, 4 / 3, 8 / 3];
const fivePairs = [1, 2 / 3, 3 / 2, 3 / 8, 8 / 3];

function evaluationPoints(count: number): readonly number[] {
  const pairs = count <= 1 + 2 * fourPairs.length ? fourPairs : fivePairs;
  return [0, ...pairs.flatMap((point) => [point, -point])].slice(0, count);
}

/**
 * Toom–Cook algorithm for `outputs` neighbouring values of a correlation with `taps` weights, in outputs + taps − 1
 * products in place of outputs · taps. Sources: Winograd, "Arithmetic Complexity of Computations", 1980; Lavin and Gray,
 * "Fast Algorithms for Convolutional Neural Networks", 2015.
 */
export function minimalFiltering(outputs: number, taps: number): MinimalFiltering {
  const products = outputs + taps - 1;
  const finite = evaluationPoints(products - 1);
  if (finite.length < products - 1) throw new RangeError(`F(${outputs}, ${taps}) needs ${products - 1} points`);
  const evaluation = (degree: number): number[][] => [
    ...finite.map((point) => Array.from({ length: degree }, (_, power) => point ** power)),
    Array.from({ length: degree }, (_, power) => (power === degree - 1 ? 1 : 0)),
  ];
  const interpolation = inverse(evaluation(products));
  const weightRows = evaluation(taps);
  // The transposition of a product of polynomials: Bᵀ is the interpolation, transposed. Its rows are scaled to about one
  // by powers of two, which move to G.
  const inputRows = weightRows.map((_, row) => interpolation.map((coefficients) => coefficients[row]!));
  for (const [row, values] of inputRows.entries()) {
    const scale = 2 ** Math.round(Math.log2(Math.max(...values.map(Math.abs))));
    inputRows[row] = values.map((value) => value / scale);
    weightRows[row] = weightRows[row]!.map((value) => value * scale);
  }
  const outputRows = evaluation(outputs);
  return {
    products,
    outputTransform: Float32Array.from({ length: outputs * products }, (_, i) => {
      return outputRows[i % products]![Math.floor(i / products)]!;
    }),
    weightTransform: Float32Array.from(weightRows.flat()),
    inputTransform: Float32Array.from(inputRows.flat()),
  };
}

/** By Gauss–Jordan elimination with pivots. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column; row < size; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const scale = rows[column]![column]!;
    rows[column] = rows[column]!.map((value) => value / scale);
    for (let row = 0; row < size; row++) {
      const factor = rows[row]![column]!;
      if (row === column || factor === 0) continue;
      rows[row] = rows[row]!.map((value, i) => value - factor * rows[column]![i]!);
    }
  }
  return rows.map((row) => row.slice(size));
}
