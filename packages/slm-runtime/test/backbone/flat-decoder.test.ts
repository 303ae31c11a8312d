import { afterAll, describe, expect, test } from 'vitest';
import { type Decoder, type DecoderSequence, openFlatDecoder } from '../../src/index.ts';
import { goldenFolder, readGolden } from '../support/golden.ts';

const names = ['llama', 'qwen2', 'qwen3', 'mistral', 'glm4'];

describe.each(names)('%s, tiny', async (name) => {
  const reference = readGolden(name);
  const prompt = reference.int32s('prompt');
  const logits = reference.float32s('logits');
  const wanted = reference.int32s('ids');
  const vocabulary = logits.length / prompt.length;
  const folder = goldenFolder(name);
  const decoder: Decoder = await openFlatDecoder({
    config: `${folder}/config.json`,
    weights: `${folder}/model.safetensors`,
  });
  afterAll(() => decoder.close());

  test('logits of a prompt, id by id, are those of PyTorch', async () => {
    const sequence = decoder.createSequence();
    for (const [i, id] of prompt.entries()) {
      const { logits: found } = await sequence.run(Int32Array.of(id));
      expect(largestDifference(found, logits.subarray(i * vocabulary, (i + 1) * vocabulary))).toBeLessThan(1e-4);
    }
  });

  test('a greedy continuation is that of PyTorch, 200 ids', async () => {
    const sequence = decoder.createSequence();
    const { logits: after } = await sequence.run(prompt);
    expect(largestDifference(after, logits.subarray(-vocabulary))).toBeLessThan(1e-4);
    expect(await greedy(sequence, after, wanted.length)).toEqual([...wanted]);
  });

  test('after a rollback, and in a fork, a sequence goes on as if nothing else had been', async () => {
    const sequence = decoder.createSequence();
    await sequence.run(prompt);
    const start = await sequence.run(wanted.subarray(0, 30));
    const fork = sequence.fork();
    const straight = await greedy(sequence, start.logits, 20);
    sequence.rollback(prompt.length + 29);
    await sequence.run(Int32Array.of(7, 8, 9));
    sequence.rollback(prompt.length + 29);
    const again = await sequence.run(wanted.subarray(29, 30));
    expect(await greedy(sequence, again.logits, 20)).toEqual(straight);
    expect(await greedy(fork, start.logits, 20)).toEqual(straight);
    expect(straight).toEqual([...wanted.subarray(30, 50)]);
  });
});

test('a sequence that is full says so', async () => {
  const folder = goldenFolder('llama');
  const decoder = await openFlatDecoder(
    { config: `${folder}/config.json`, weights: `${folder}/model.safetensors` },
    { capacityPositions: 16 },
  );
  const sequence = decoder.createSequence();
  await sequence.run(new Int32Array(16));
  await expect(sequence.run(Int32Array.of(1))).rejects.toThrow('17 positions');
  await decoder.close();
});

async function greedy(sequence: DecoderSequence, start: Float32Array, count: number): Promise<number[]> {
  const ids: number[] = [];
  for (let logits = start; ids.length < count; ) {
    ids.push(logits.indexOf(Math.max(...logits)));
    ({ logits } = await sequence.run(Int32Array.of(ids.at(-1)!)));
  }
  return ids;
}

function largestDifference(found: Float32Array, wanted: Float32Array): number {
  expect(found.length).toBe(wanted.length);
  return Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)));
}
