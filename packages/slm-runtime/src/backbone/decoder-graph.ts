import {
  add,
  type BuiltGraph,
  dense,
  GraphBuilder,
  type GraphTensor,
  slice,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { type EmbeddingTable, sumOfEmbeddings } from './embedding.ts';

export interface DecoderGraphOptions {
  readonly name: string;
  readonly tables: readonly EmbeddingTable[];
  /** Width of the embeddings. */
  readonly width: number;
  /** Whether a run takes a vector `[rows, width]` that is added to the embeddings of each row. */
  readonly takesVectors?: boolean;
  /** Leads from the embeddings to a decoder of another width. */
  readonly projection?: { readonly weights: WeightScope; readonly width: number };
  /** The layers and the norm after them, `[rows, width] → [rows, width]`, with the inputs that their memory needs. */
  readonly layers: (g: GraphBuilder, x: GraphTensor) => GraphTensor;
  /** From the last row's hidden state `[1, width]` to logits `[1, vocabulary]`. None: `hidden` is the only output. */
  readonly head?: (g: GraphBuilder, hidden: GraphTensor) => GraphTensor;
}

/**
 * A decoder as a graph. Inputs: `ids` int32 `[rows, columns]`, those of its memory, and `vectors` where it takes some.
 * Outputs, of the last row: `hidden` `[1, width]` and `logits` `[1, vocabulary]`.
 */
export function decoderGraph(options: DecoderGraphOptions): BuiltGraph {
  const { tables, width, projection } = options;
  const g = new GraphBuilder(options.name);
  const rows = symbolicDim('rows');
  const columnCount = tables.reduce((sum, table) => sum + table.columnCount, 0);
  const ids = g.input('ids', 'int32', [rows, columnCount]);
  let x = g.scope('embeddings', () => sumOfEmbeddings(g, ids, tables, width));
  if (options.takesVectors) x = add(g, x, g.input('vectors', 'float32', [rows, width]));
  if (projection) x = dense(g, projection.weights, x, projection.width);
  const hidden = slice(g, options.layers(g, x), 0, { fromEnd: 1 }, { fromEnd: 0 });
  g.output('hidden', hidden);
  if (options.head)
    g.output(
      'logits',
      g.scope('head', () => options.head!(g, hidden)),
    );
  return g.build();
}
