import { readFile } from 'node:fs/promises';
import { concat, matMul, openCheckpoint, readConfig, reshape, slice, weightsOf } from '@speech-tokens/onnx-graph';
import { afterAll, expect, test } from 'vitest';
import {
  cacheMemory,
  type Decoder,
  decoderGraph,
  decoderLayers,
  frameModel,
  openDecoder,
  patchHead,
  readDecoderConfig,
} from '../src/index.ts';
import { goldenFolder } from './support/golden.ts';

// The backbone and the depth decoder of a tiny CSM stand for a backbone and a local transformer: 3 frames of 2 codebooks.
const folder = goldenFolder('csm');
const config = readConfig(await readFile(`${folder}/config.json`, 'utf8'), 'config.json', 'CSM');
const weights = weightsOf(await openCheckpoint(`${folder}/model.safetensors`));
const [backbone, local] = [readDecoderConfig(config), readDecoderConfig(config, 'depth_decoder_config')];
const size = 43;
const inner = weights.scope('depth_decoder').scope('model');
const options = { weightsDirectory: folder };

const openLocal = (): Promise<Decoder> =>
  openDecoder(
    decoderGraph({
      name: 'local',
      width: backbone.width,
      tables: [{ weights: inner, name: 'embed_tokens.weight', rowCount: 4 * size, columnCount: 2 }],
      takesVectors: true,
      projection: { weights: inner.scope('inputs_embeds_projector'), width: local.width },
      layers: (g, x) => decoderLayers(g, inner, x, local, 3),
      head(g, hidden) {
        const heads = weights.scope('depth_decoder').tensor(g, 'codebooks_head.weight', [3, local.width, size]);
        const of = (k: number) => reshape(g, slice(g, heads, 0, k, k + 1), [local.width, size]);
        return concat(g, [matMul(g, hidden, of(0)), matMul(g, hidden, of(1))], 1);
      },
    }),
    { ...options, memory: cacheMemory(3) },
  );

const own = 'backbone_model.embed_tokens.embed_audio_tokens.weight';
const table = weights.has(own) ? own : 'depth_decoder.model.embed_tokens.weight';
const openBackbone = (): Promise<Decoder> =>
  openDecoder(
    decoderGraph({
      name: 'backbone',
      width: backbone.width,
      tables: [{ weights, name: table, rowCount: 4 * size, columnCount: 7 }],
      layers: (g, x) => decoderLayers(g, weights.scope('backbone_model'), x, backbone, 64),
      head: (g, hidden) => slice(g, hidden, 1, 0, 20),
    }),
    { ...options, memory: cacheMemory(64) },
  );

const patchDecoder = await openLocal();
const frames = [
  [1, 2],
  [3, 4],
  [5, 6],
];
const head = { first: 0, decoder: patchDecoder, firstRows: [0, size], vocabularySizes: [size, size], frames };
const streams = Array.from({ length: 7 }, (_, i) => ({
  name: i === 0 ? 'text' : `patch ${i}`,
  role: 'out' as const,
  vocabularySize: i === 0 ? 20 : size,
}));
const model = frameModel({
  streams,
  backbone: await openBackbone(),
  firstRows: [0, ...frames.flatMap(() => head.firstRows)],
  head: patchHead(head),
});
afterAll(() => model.close());

const best = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));

test('frames of a patch follow on each other, their codebooks are chosen from one step', async () => {
  const session = await model.open();
  const asked: { stream: number; logits: Float32Array }[] = [];
  const row = await session.step(Int32Array.of(1, 2, 3, 4, 5, 6, 7), ({ stream }, logits) => {
    asked.push({ stream, logits: Float32Array.from(logits) });
    return best(logits);
  });
  expect(asked.map(({ stream }) => stream)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(asked.map(({ logits }) => logits.length)).toEqual([20, ...Array(6).fill(size)]);
  expect([...row]).toEqual(asked.map(({ logits }) => best(logits)));

  // The same by hand: the backbone's hidden state, then the ids of each frame before.
  const hand = await openBackbone();
  const { hidden } = await hand.createSequence().run(Int32Array.of(1, 2, size + 3, 4, size + 5, 6, size + 7));
  const sequence = patchDecoder.createSequence();
  let ids = Int32Array.of(-1, -1);
  for (const [frame, [one, other]] of frames.entries()) {
    const { logits } = await sequence.run(ids, frame === 0 ? hidden : new Float32Array(hidden.length));
    expect([...logits]).toEqual([...asked[one!]!.logits, ...asked[other!]!.logits]);
    ids = Int32Array.of(row[one!]!, size + row[other!]!);
  }
  await hand.close();
  // A next step begins a patch of its own.
  await session.rollback(0);
  const again = await session.step(Int32Array.of(1, 2, 3, 4, 5, 6, 7), (_slot, logits) => best(logits));
  expect(again).toEqual(row);
});

test('what is chosen in a frame changes those after it, and none before; an abort ends a patch', async () => {
  const session = await model.open();
  const rows = Int32Array.of(1, 2, 3, 4, 5, 6, 7);
  const usual = await session.step(rows, (_slot, logits) => best(logits));
  await session.rollback(0);
  const seen = new Map<number, number>();
  await session.step(rows, ({ stream }, logits) => {
    seen.set(stream, best(logits));
    return stream === 3 ? (best(logits) + 1) % size : best(logits);
  });
  expect([1, 2, 3, 4].map((stream) => seen.get(stream))).toEqual([...usual.subarray(1, 5)]);
  expect([5, 6].map((stream) => seen.get(stream))).not.toEqual([...usual.subarray(5)]);

  await session.rollback(0);
  const controller = new AbortController();
  const reason = new Error('enough');
  const asked: number[] = [];
  const step = session.step(
    rows,
    ({ stream }, logits) => {
      asked.push(stream);
      if (stream === 2) controller.abort(reason);
      return best(logits);
    },
    { signal: controller.signal },
  );
  await expect(step).rejects.toBe(reason);
  expect(Math.max(...asked)).toBe(2);
  expect(session.stepCount).toBe(0);
});
