import { readFile } from 'node:fs/promises';
import type { SpeechLanguageModelV0, TokenStream } from '@speech-tokens/core';
import {
  add,
  type BuiltGraph,
  cachedAttention,
  dense,
  GraphBuilder,
  openGraphSession,
  ringAttention,
  rotaryFrequencies,
  rotaryTable,
  type WeightScope,
} from '@speech-tokens/onnx-graph';
import { openDecoder } from '../../backbone/decoder.ts';
import { decoderGraph } from '../../backbone/decoder-graph.ts';
import { type RingMemoryOptions, ringMemory, ringPlace } from '../../backbone/decoder-memory.ts';
import { sumOfEmbeddings } from '../../backbone/embedding.ts';
import { type ModelOptions, openModelWeights } from '../../backbone/model-weights.ts';
import { stepwiseHead } from '../../frame-head/stepwise-head.ts';
import { frameModel } from '../../model/frame-model.ts';
import { type MoshiConfig, parseMoshiConfig } from './moshi-config.ts';
import { moshiLayers, moshiNorm } from './moshi-layers.ts';

export interface MoshiOptions extends ModelOptions {
  /** How many steps can be taken back; 256 (20 s) where absent. */
  readonly rollbackSteps?: number;
}

/** Rows that are read in one run. */
const rowsPerRun = 16;

/**
 * Kyutai's Moshi from the authors' files: rows of text, own codebooks and those of the user, for as long as one likes.
 * Delays are not part of it: a row holds what goes in at its step.
 * Source: kyutai-labs/moshi, moshi/moshi/models/lm.py.
 * @throws SpeechTokensError `checkpoint-invalid` that names the field or the tensor; `inference-failed`
 */
export async function openMoshi(
  paths: { readonly config: string; readonly weights: string },
  { rollbackSteps = 256, ...options }: MoshiOptions = {},
): Promise<SpeechLanguageModelV0 & { readonly delaySteps: readonly number[] }> {
  const config = parseMoshiConfig(await readFile(paths.config, 'utf8'), paths.config);
  const { weights, session } = await openModelWeights(paths.weights, options, (name) => !/emb\b|_emb\./.test(name));
  const ring = { windowPositions: config.backbone.windowPositions, rowsPerRun, rollbackPositions: rollbackSteps };
  const backbone = await openDecoder(backboneGraph(config, weights, ring), { ...session, memory: ringMemory(ring) });
  // Threads of so many sessions wait for their next run at the cost of the others': one thread is twice as fast.
  const oneThread = { ...session, threadCount: 1 };
  const steps = [];
  for (let k = 0; k < config.ownCodebookCount; k++) {
    steps.push(await openGraphSession(depthGraph(k, config, weights), oneThread));
  }
  const streams = streamsOf(config);
  const model = frameModel({
    streams,
    backbone,
    firstRows: streams.map(() => 0),
    head: stepwiseHead({ first: 0, steps, streams: steps.map((_, k) => 1 + k) }),
  });
  return { ...model, delaySteps: config.delaySteps };
}

/** The last id of each stream marks its start; no model says it. */
function streamsOf({ textVocabularySize, codebookSize, codebookCount, ownCodebookCount }: MoshiConfig): TokenStream[] {
  const codebooks = Array.from({ length: codebookCount }, (_, k): TokenStream => {
    const isOwn = k < ownCodebookCount;
    const name = isOwn ? `codebook ${k}` : `user codebook ${k - ownCodebookCount}`;
    return { name, role: isOwn ? 'out' : 'in', vocabularySize: codebookSize + 1 };
  });
  return [{ name: 'text', role: 'out', vocabularySize: textVocabularySize + 1 }, ...codebooks];
}

function backboneGraph(config: MoshiConfig, weights: WeightScope, ring: RingMemoryOptions): BuiltGraph {
  const { backbone, codebookCount, codebookSize, textVocabularySize } = config;
  const { width, headCount, maxPeriod } = backbone;
  const headWidth = width / headCount;
  const table = (scope: WeightScope, rowCount: number) => ({
    weights: scope,
    name: 'weight',
    rowCount,
    columnCount: 1,
  });
  return decoderGraph({
    name: 'Moshi backbone',
    width,
    tables: [
      table(weights.scope('text_emb'), textVocabularySize + 1),
      ...Array.from({ length: codebookCount }, (_, k) => table(weights.scope('emb').scope(k), codebookSize + 1)),
    ],
    layers: (g, x) => {
      const window = ringPlace(g, x, headCount, ring);
      const frequencies = rotaryFrequencies({ headWidth, theta: maxPeriod });
      const rotary = rotaryTable(g, 2 * window.slotCount, frequencies, { isInterleaved: true });
      const y = moshiLayers(g, weights.scope('transformer'), x, backbone, (heads) =>
        ringAttention(g, heads, { headCount, headWidth, window, rotary }),
      );
      return moshiNorm(g, weights.scope('out_norm'), y);
    },
    head: (g, hidden) => dense(g, weights.scope('text_linear'), hidden, textVocabularySize),
  });
}

/** The depth transformer at one codebook: weights of its own, and the caches of all of them. */
function depthGraph(k: number, config: MoshiConfig, weights: WeightScope): BuiltGraph {
  const { backbone, depth, ownCodebookCount, codebookSize, textVocabularySize } = config;
  const g = new GraphBuilder(`Moshi codebook ${k}`);
  const hidden = g.input('hidden', 'float32', [1, backbone.width]);
  const id = g.input('id', 'int32', [1, 1]);
  const before =
    k === 0
      ? { weights: weights.scope('depformer_text_emb'), rowCount: textVocabularySize + 1 }
      : { weights: weights.scope('depformer_emb').scope(k - 1), rowCount: codebookSize + 1 };
  const x = add(
    g,
    sumOfEmbeddings(g, id, [{ ...before, name: 'weight', columnCount: 1, isAlwaysGiven: true }], depth.width),
    dense(g, weights.scope('depformer_in').scope(k), hidden, depth.width),
  );
  const attention = {
    headCount: depth.headCount,
    keyValueHeadCount: depth.headCount,
    capacityPositions: ownCodebookCount,
    place: {
      lastPosition: g.constant(Int32Array.of(k), [1]),
      positionCount: g.constant(Int32Array.of(k + 1), [1]),
    },
  };
  const y = moshiLayers(g, weights.scope('depformer'), x, depth, (heads) => cachedAttention(g, heads, attention), {
    index: k,
    count: ownCodebookCount,
  });
  g.output('logits', dense(g, weights.scope('linears').scope(k), y, codebookSize));
  return g.build();
}
