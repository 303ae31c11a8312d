import { readFile } from 'node:fs/promises';
import type { SpeechLanguageModelV0, TokenStream } from '@speech-tokens/core';
import {
  type BuiltGraph,
  dense,
  GraphBuilder,
  matMul,
  openGraphSession,
  readConfig,
  reshape,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { openDecoder } from '../../backbone/decoder.ts';
import { type DecoderConfig, readDecoderConfig } from '../../backbone/decoder-config.ts';
import { decoderGraph } from '../../backbone/decoder-graph.ts';
import { decoderLayers } from '../../backbone/decoder-layers.ts';
import { cacheMemory } from '../../backbone/decoder-memory.ts';
import { type ModelOptions, openModelWeights } from '../../backbone/model-weights.ts';
import { depthHead } from '../../frame-head/depth-head.ts';
import { frameModel } from '../../model/frame-model.ts';

interface CsmConfig {
  readonly codebookCount: number;
  /** Ids of each codebook, those without a sound included. */
  readonly codebookSize: number;
  readonly textVocabularySize: number;
  readonly backbone: DecoderConfig;
  readonly depth: DecoderConfig;
}

/**
 * Sesame's CSM in the format of transformers: rows of all codebooks of Mimi and a text id, the one or the other.
 * Source: SesameAILabs/csm; huggingface/transformers, models/csm.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field or the tensor; `inference-failed`
 */
export async function openCsm(
  paths: { readonly config: string; readonly weights: string },
  options: ModelOptions = {},
): Promise<SpeechLanguageModelV0> {
  const config = parseCsmConfig(await readFile(paths.config, 'utf8'), paths.config);
  const { weights, session } = await openModelWeights(paths.weights, options, (name) => !name.includes('embed_'));
  const { codebookCount, codebookSize, backbone, depth } = config;
  const decoder = await openDecoder(backboneGraph(config, weights), {
    ...session,
    memory: cacheMemory(backbone.contextPositions),
  });
  const depthDecoder = await openDecoder(depthGraph(config, weights), {
    ...session,
    memory: cacheMemory(codebookCount),
  });
  // One product of a row takes longer to hand to another thread than to make, and each session has threads of its own,
  // which wait for its next run at the cost of the others'.
  const oneThread = { ...session, threadCount: 1 };
  const heads = [];
  for (let slot = 1; slot < codebookCount; slot++) {
    heads.push(await openGraphSession(codebookHead(slot, weights, depth, config), oneThread));
  }
  const codebooks = Array.from({ length: codebookCount }, (_, k) => k);
  const firstRows = codebooks.map((k) => k * codebookSize);
  return frameModel({
    streams: streamsOf(config),
    backbone: decoder,
    firstRows: [...firstRows, 0],
    head: depthHead({ decoder: depthDecoder, heads, firstRows, streams: codebooks }),
  });
}

function streamsOf({ codebookCount, codebookSize, textVocabularySize }: CsmConfig): TokenStream[] {
  const codebooks = Array.from(
    { length: codebookCount },
    (_, k): TokenStream => ({ name: `codebook ${k}`, role: 'out', vocabularySize: codebookSize }),
  );
  return [...codebooks, { name: 'text', role: 'in', vocabularySize: textVocabularySize }];
}

function parseCsmConfig(text: string, path: string): CsmConfig {
  const config = readConfig(text, path, 'CSM');
  config.oneOf('model_type', ['csm']);
  const codebookCount = config.integer('num_codebooks', 64, 2);
  config.oneOf('depth_decoder_config.num_codebooks', [codebookCount]);
  const codebookSize = config.integer('vocab_size');
  config.oneOf('depth_decoder_config.vocab_size', [codebookSize]);
  const backbone = readDecoderConfig(config);
  config.oneOf('depth_decoder_config.backbone_hidden_size', [backbone.width]);
  return {
    codebookCount,
    codebookSize,
    textVocabularySize: config.integer('text_vocab_size', 16_777_216),
    backbone,
    depth: readDecoderConfig(config, 'depth_decoder_config'),
  };
}

function backboneGraph(
  { backbone, codebookCount, codebookSize, textVocabularySize }: CsmConfig,
  weights: WeightScope,
): BuiltGraph {
  const own = 'backbone_model.embed_tokens.embed_audio_tokens.weight';
  // Both decoders have one table for the codebooks, and a file may hold it once.
  const table = weights.has(own) ? own : 'depth_decoder.model.embed_tokens.weight';
  return decoderGraph({
    name: 'CSM backbone',
    width: backbone.width,
    tables: [
      { weights, name: table, rowCount: codebookCount * codebookSize, columnCount: codebookCount },
      { weights, name: 'embed_text_tokens.weight', rowCount: textVocabularySize, columnCount: 1 },
    ],
    layers: (g, x) => decoderLayers(g, weights.scope('backbone_model'), x, backbone, backbone.contextPositions),
    head: (g, hidden) => dense(g, weights.scope('lm_head'), hidden, codebookSize),
  });
}

function depthGraph({ backbone, depth, codebookCount, codebookSize }: CsmConfig, weights: WeightScope): BuiltGraph {
  const inner = weights.scope('depth_decoder').scope('model');
  return decoderGraph({
    name: 'CSM depth decoder',
    width: backbone.width,
    tables: [{ weights: inner, name: 'embed_tokens.weight', rowCount: codebookCount * codebookSize, columnCount: 1 }],
    takesVectors: true,
    projection: { weights: inner.scope('inputs_embeds_projector'), width: depth.width },
    layers: (g, x) => decoderLayers(g, inner, x, depth, codebookCount),
  });
}

/** A graph of its own for each codebook: only one of these matrices is read at each step. */
function codebookHead(slot: number, weights: WeightScope, depth: DecoderConfig, config: CsmConfig): BuiltGraph {
  const g = new GraphBuilder(`CSM head ${slot}`);
  const hidden = g.input('hidden', 'float32', [1, depth.width]);
  const shape = [config.codebookCount - 1, depth.width, config.codebookSize];
  const matrix = weights.scope('depth_decoder').tensor(g, 'codebooks_head.weight', shape, { rows: [slot - 1, slot] });
  g.output('logits', matMul(g, hidden, reshape(g, matrix, shape.slice(1))));
  return g.build();
}
