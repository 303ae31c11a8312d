import { readFile } from 'node:fs/promises';
import { dense, readConfig } from '@speech-tokens/onnx-graph';
import { expect, test } from 'vitest';
import {
  cacheMemory,
  decoderGraph,
  decoderLayers,
  frameModel,
  openDecoder,
  openModelWeights,
  parallelHead,
  readDecoderConfig,
} from '../src/index.ts';
import { goldenFolder, readGolden } from './support/golden.ts';

// A family that this package does not have: the ids of a Llama as two streams, chosen side by side from its logits.
test('a family of one’s own is a graph, a memory and a head', async () => {
  const folder = goldenFolder('llama');
  const config = readConfig(await readFile(`${folder}/config.json`, 'utf8'), 'config.json', 'two streams');
  const { weights, session } = await openModelWeights(`${folder}/model.safetensors`, {}, () => true);
  const decoder = readDecoderConfig(config);
  const inner = weights.scope('model');
  const graph = decoderGraph({
    name: 'two streams',
    width: decoder.width,
    tables: [{ weights: inner, name: 'embed_tokens.weight', rowCount: 130, columnCount: 2 }],
    layers: (g, x) => decoderLayers(g, inner, x, decoder, 64),
    head: (g, hidden) => dense(g, weights.scope('lm_head'), hidden, 130),
  });
  const model = frameModel({
    streams: [
      { name: 'text', role: 'out', vocabularySize: 100 },
      { name: 'speech', role: 'out', vocabularySize: 30 },
    ],
    backbone: await openDecoder(graph, { ...session, memory: cacheMemory(64) }),
    firstRows: [0, 100],
    head: parallelHead([
      { stream: 0, vocabularySize: 100 },
      { stream: 1, vocabularySize: 30 },
    ]),
  });
  const prompt = readGolden('llama').int32s('prompt');
  const rows = Int32Array.from([...prompt].flatMap((id) => (id < 100 ? [id, -1] : [-1, id - 100])));
  const found: Float32Array[] = [];
  const chosen = await (await model.open()).step(rows, ({ stream }, logits) => {
    found[stream] = logits.slice();
    return stream + 7;
  });
  expect([...chosen]).toEqual([7, 8]);
  const wanted = readGolden('llama').float32s('logits').subarray(-130);
  for (const [i, value] of [...found[0]!, ...found[1]!].entries()) expect(value).toBeCloseTo(wanted[i]!, 4);
  await model.close();
});
