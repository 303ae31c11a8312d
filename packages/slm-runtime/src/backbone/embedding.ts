import {
  add,
  cast,
  type GraphBuilder,
  type GraphTensor,
  gatherRows,
  maximum,
  multiply,
  reshape,
  slice,
  sumAxis,
  type WeightScope,
} from '@speech-tokens/onnx-graph';

/** A table of vectors that rows of ids are looked up in. */
export interface EmbeddingTable {
  readonly weights: WeightScope;
  /** Its name below `weights`. */
  readonly name: string;
  readonly rowCount: number;
  /** Ids of a row that it is for, in their order in the row. */
  readonly columnCount: number;
  /** Whether each of its columns has an id in every row: then none is compared with −1. */
  readonly isAlwaysGiven?: boolean;
}

/**
 * The sum of what each id of a row stands for: ids int32 `[rows, columns] → [rows, width]`. An id is a row of its table;
 * −1 stands for nothing, and adds nothing.
 */
export function sumOfEmbeddings(
  g: GraphBuilder,
  ids: GraphTensor,
  tables: readonly EmbeddingTable[],
  width: number,
): GraphTensor {
  let first = 0;
  const parts = tables.map((table) => {
    const columns = slice(g, ids, 1, first, first + table.columnCount);
    first += table.columnCount;
    return g.scope(table.name, () => lookUp(g, columns, table, width));
  });
  return parts.reduce((sum, part) => add(g, sum, part));
}

function lookUp(
  g: GraphBuilder,
  ids: GraphTensor,
  { weights, name, rowCount, columnCount, isAlwaysGiven = false }: EmbeddingTable,
  width: number,
): GraphTensor {
  const stored = weights.tensor(g, name, [rowCount, width], { isAsStored: true });
  const rows = ids.shape[0]!;
  if (isAlwaysGiven && columnCount === 1) {
    return reshape(g, cast(g, gatherRows(g, stored, ids), 'float32'), [rows, width]);
  }
  const zero = g.constant(Int32Array.of(0), []);
  const vectors = cast(g, gatherRows(g, stored, maximum(g, ids, zero)), 'float32');
  const isGiven = g.node('GreaterOrEqual', [ids, zero], { elementType: 'bool', shape: ids.shape });
  const shares = reshape(g, cast(g, isGiven, 'float32'), [rows, columnCount, 1]);
  return sumAxis(g, multiply(g, vectors, shares), 1);
}
