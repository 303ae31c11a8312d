import {
  add,
  type BuiltGraph,
  GraphBuilder,
  type GraphTensor,
  slice,
  symbolicDim,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import type { DecoderConfig } from './decoder-config.ts';
import { decoderLayers, dense } from './decoder-layers.ts';
import { type EmbeddingTable, sumOfEmbeddings } from './embedding.ts';

export interface DecoderGraphOptions {
  readonly name: string;
  readonly config: DecoderConfig;
  /** `layers.N.…`, `norm` */
  readonly weights: WeightScope;
  readonly tables: readonly EmbeddingTable[];
  /** Width of the embeddings, where it is not the decoder's: then `inputProjection` leads to it. */
  readonly embeddingWidth?: number;
  readonly inputProjection?: WeightScope;
  /** Whether a run takes a vector `[rows, embeddingWidth]` that is added to the embeddings of each row. */
  readonly takesVectors?: boolean;
  /** From the last row's hidden state `[1, width]` to logits `[1, vocabulary]`. None: `hidden` is the only output. */
  readonly head?: (g: GraphBuilder, hidden: GraphTensor) => GraphTensor;
  readonly capacityPositions: number;
}

/**
 * A decoder as a graph. Inputs: `ids` int32 `[rows, columns]`, `lastPosition` and `positionCount` int32 `[1]`, `vectors`
 * where it takes some. Outputs, of the last row: `hidden` `[1, width]` and `logits` `[1, vocabulary]`.
 */
export function decoderGraph(options: DecoderGraphOptions): BuiltGraph {
  const { config, tables, embeddingWidth = config.width, capacityPositions } = options;
  const g = new GraphBuilder(options.name);
  const rows = symbolicDim('rows');
  const columnCount = tables.reduce((sum, table) => sum + table.columnCount, 0);
  const ids = g.input('ids', 'int32', [rows, columnCount]);
  const place = {
    lastPosition: g.input('lastPosition', 'int32', [1]),
    positionCount: g.input('positionCount', 'int32', [1]),
  };
  let x = g.scope('embeddings', () => sumOfEmbeddings(g, ids, tables, embeddingWidth));
  if (options.takesVectors) x = add(g, x, g.input('vectors', 'float32', [rows, embeddingWidth]));
  if (options.inputProjection) x = dense(g, options.inputProjection, x, config.width);
  const y = decoderLayers(g, options.weights, x, config, { place, capacityPositions });
  const hidden = slice(g, y, 0, { fromEnd: 1 }, { fromEnd: 0 });
  g.output('hidden', hidden);
  if (options.head)
    g.output(
      'logits',
      g.scope('head', () => options.head!(g, hidden)),
    );
  return g.build();
}
