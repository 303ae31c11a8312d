import {
  type BuiltGraph,
  type Checkpoint,
  cast,
  GraphBuilder,
  type GraphTensor,
  nearestCodes,
  reshape,
  symbolicDim,
} from '@speech-tokens/onnx-graph';
import { encoderWeights, whisperLayer, whisperStem } from '../whisper/whisper-layers.ts';
import type { GlmVoiceConfig } from './glm-voice-config.ts';

/**
 * `rows [units · pooled, 2 · bands], bias [1, 1, rows, rows] → ids int32 [units, 1]`: Whisper's encoder with causal
 * convolutions up to the quantizer, pooling over time, and the nearest vector of the codebook.
 * Source: zai-org/GLM-4-Voice, `speech_tokenizer/modeling_whisper.py`, `WhisperVQEncoder`; Zeng et al., "GLM-4-Voice",
 * 2024.
 */
export function glmVoiceGraph(config: GlmVoiceConfig, checkpoint: Checkpoint): BuiltGraph {
  const { bandCount, width, layerCount, pooledRows, codebookSize } = config;
  const weights = encoderWeights(checkpoint);
  const g = new GraphBuilder('GLM-4-Voice tokenizer');
  const rowCount = { ...symbolicDim('units'), times: pooledRows };
  const rows = g.input('rows', 'float32', [rowCount, 2 * bandCount]);
  const bias = g.input('bias', 'float32', [1, 1, rowCount, rowCount]);
  let x = whisperStem(g, weights, rows, config, true);
  for (let i = 0; i < layerCount; i++) {
    x = g.scope(`layer-${i + 1}`, () => whisperLayer(g, weights.scope('layers').scope(i), x, config, bias));
  }
  const codebook = weights.scope('codebook').tensor(g, 'weight', [codebookSize, width]);
  g.output('ids', cast(g, nearestCodes(g, pooled(g, x, config), [codebook]), 'int32'));
  return g.build();
}

/** `[units · pooled, width] → [units, width]` */
function pooled(g: GraphBuilder, x: GraphTensor, { width, pooledRows, pooling }: GlmVoiceConfig): GraphTensor {
  const shape = [symbolicDim('units'), width];
  const groups = reshape(g, x, [shape[0]!, pooledRows, width]);
  const operator = pooling === 'avg' ? 'ReduceMean' : 'ReduceMax';
  return g.node(operator, [groups, g.int64s([1])], { elementType: 'float32', shape }, { keepdims: 0 });
}

/**
 * What is added to the scores of attention: 0 where a row sees another, else a number that leaves nothing of it. A row sees
 * all before it and all of its own block, but none that lies behind the end of the recording.
 * @param seenRows rows of the recording, the last one perhaps filled up
 */
export function blockBias(rowCount: number, seenRows: number, blockRows: number = rowCount): Float32Array {
  const bias = new Float32Array(rowCount * rowCount);
  for (let row = 0; row < rowCount; row++) {
    const blockEnd = (Math.floor(row / blockRows) + 1) * blockRows;
    bias.fill(lowest, row * rowCount + Math.min(blockEnd, seenRows, rowCount), (row + 1) * rowCount);
  }
  return bias;
}

/** Of 32-bit floats. */
const lowest = -3.4028234663852886e38;
