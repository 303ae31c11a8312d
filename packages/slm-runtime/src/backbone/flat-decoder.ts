import { readFile } from 'node:fs/promises';
import { dense, readConfig } from '@speech-tokens/onnx-graph';
import { type Decoder, openDecoder } from './decoder.ts';
import { readDecoderConfig } from './decoder-config.ts';
import { decoderGraph } from './decoder-graph.ts';
import { decoderLayers } from './decoder-layers.ts';
import { cacheMemory } from './decoder-memory.ts';
import { type ModelOptions, openModelWeights } from './model-weights.ts';

export interface FlatDecoderOptions extends ModelOptions {
  /** Positions of a sequence; what the checkpoint was made for, but at most 4,096, where absent. */
  readonly capacityPositions?: number;
}

/** Most positions that a sequence gets room for where nobody says otherwise. */
const usualCapacityPositions = 4_096;

/**
 * A model of one stream of ids, with a head over all of them: Llama, Mistral, Qwen 2 and 3, GLM-4, as the hub has them.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field or the tensor; `inference-failed`
 */
export async function openFlatDecoder(
  paths: { readonly config: string; readonly weights: string },
  { capacityPositions, ...options }: FlatDecoderOptions = {},
): Promise<Decoder> {
  const config = readConfig(await readFile(paths.config, 'utf8'), paths.config, 'language model');
  const decoder = readDecoderConfig(config);
  const capacity = capacityPositions ?? Math.min(decoder.contextPositions, usualCapacityPositions);
  const rowCount = config.integer('vocab_size', 16_777_216);
  const isTied = config.value('tie_word_embeddings') === true;
  const { weights: all, session } = await openModelWeights(
    paths.weights,
    options,
    (name) => isTied || !name.includes('embed_tokens'),
  );
  const weights = all.scope('model');
  const head = isTied || !all.has('lm_head.weight') ? weights.scope('embed_tokens') : all.scope('lm_head');
  const graph = decoderGraph({
    name: String(config.value('model_type')),
    width: decoder.width,
    tables: [{ weights, name: 'embed_tokens.weight', rowCount, columnCount: 1, isAlwaysGiven: true }],
    layers: (g, x) => decoderLayers(g, weights, x, decoder, capacity),
    head: (g, hidden) => dense(g, head, hidden, rowCount),
  });
  return openDecoder(graph, { ...session, memory: cacheMemory(capacity) });
}
