import { expect, test } from 'vitest';
import { type FlatDecoderOptions, openFlatDecoder } from '../../src/index.ts';
import { goldenFolder, readGolden } from '../support/golden.ts';

const folder = goldenFolder('llama');
const paths = { config: `${folder}/config.json`, weights: `${folder}/model.safetensors` };
const reference = readGolden('llama');
const prompt = reference.int32s('prompt');
const wanted = reference.float32s('logits').subarray(-130);

async function error(options: FlatDecoderOptions): Promise<number> {
  const decoder = await openFlatDecoder(paths, options);
  const { logits } = await decoder.createSequence().run(prompt);
  await decoder.close();
  const square = (values: Float32Array): number => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(square(wanted.map((value, i) => value - logits[i]!)) / square(wanted));
}

test('fewer bits lose more, and eight lose little', async () => {
  const [four, eight, all] = [await error({ weightBits: 4 }), await error({ weightBits: 8 }), await error({})];
  expect(all).toBeLessThan(1e-5);
  expect(eight).toBeLessThan(0.03);
  expect(eight).toBeGreaterThan(all);
  expect(four).toBeLessThan(0.3);
  expect(four).toBeGreaterThan(eight);
});

test('progress is told, and loading can be stopped', async () => {
  const shares: number[] = [];
  const controller = new AbortController();
  const reason = new Error('enough');
  const loading = openFlatDecoder(paths, {
    weightBits: 4,
    signal: controller.signal,
    onProgress: ({ done, total }) => {
      shares.push(done / total!);
      if (shares.length === 3) controller.abort(reason);
    },
  });
  await expect(loading).rejects.toBe(reason);
  expect(shares).toHaveLength(3);
  expect(shares[2]).toBeGreaterThan(shares[0]!);
});
