import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSafetensorsHeader, isSpeechTokensError, type SafetensorsDtype } from '@speech-tokens/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphBuilder, matMul, openSafetensorsCheckpoint, weightsOf } from '../src/index.ts';
import { runOnce } from './run-graph.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Bytes of float values in a stored type. All values used here are exact in every type. */
function encode(dtype: SafetensorsDtype, values: readonly number[]): Uint8Array {
  const floats = Float32Array.from(values);
  if (dtype === 'F32') return new Uint8Array(floats.buffer);
  const bits = new Uint32Array(floats.buffer);
  if (dtype === 'BF16') return new Uint8Array(Uint16Array.from(bits, (word) => word >>> 16).buffer);
  const half = (word: number): number =>
    word === 0 ? 0 : ((word >>> 16) & 0x8000) | ((((word >>> 23) & 0xff) - 112) << 10) | ((word >>> 13) & 0x3ff);
  return new Uint8Array(Uint16Array.from(bits, half).buffer);
}

async function write(
  name: string,
  tensors: { name: string; dtype: SafetensorsDtype; values: number[]; shape: number[] }[],
) {
  const header = buildSafetensorsHeader(tensors);
  const path = join(directory, name);
  await writeFile(path, Buffer.concat([header.bytes, ...tensors.map(({ dtype, values }) => encode(dtype, values))]));
  return path;
}

const values = [1, -2, 0.5, 4, 0, -0.25];

test('weights of every float type are used where they lie, also at odd offsets', async () => {
  for (const dtype of ['F32', 'F16', 'BF16'] as const) {
    const path = await write(`${dtype}.safetensors`, [
      { name: 'odd', dtype: 'U8', values: [], shape: [0] },
      { name: 'pad', dtype: 'F16', values: [1], shape: [1] },
      { name: 'decoder.head.weight', dtype, values, shape: [2, 3] },
    ]);
    const checkpoint = await openSafetensorsCheckpoint(path);
    const { y } = await runOnce(
      (g) => {
        const weights = weightsOf(checkpoint).scope('decoder').scope('head');
        g.output('y', matMul(g, g.input('x', 'float32', [1, 2]), weights.tensor(g, 'weight', [2, 3])));
      },
      { x: { values: Float32Array.of(1, 10), shape: [1, 2] } },
      checkpoint.directory,
    );
    expect([...y!], dtype).toEqual([41, -2, -2]);
  }
});

test('a weight that is absent or of another shape is named, with both shapes', async () => {
  const path = await write('wrong.safetensors', [{ name: 'head.weight', dtype: 'F32', values, shape: [3, 2] }]);
  const weights = weightsOf(await openSafetensorsCheckpoint(path)).scope('head');
  const g = new GraphBuilder('test');
  const failure = (name: string): unknown => {
    try {
      return weights.tensor(g, name, [2, 3]);
    } catch (error) {
      return error;
    }
  };
  const wrong = failure('weight');
  expect(isSpeechTokensError(wrong, 'checkpoint-invalid') && wrong.details).toEqual({ path, tensor: 'head.weight' });
  expect(String(wrong)).toContain('found float32 [3, 2], wanted a float tensor of shape [2, 3]');
  expect(String(failure('bias'))).toContain('head.bias: found no tensor of this name');
});

test('a file that is no checkpoint, or none at all, is refused', async () => {
  const path = join(directory, 'foreign.safetensors');
  await writeFile(path, 'not a checkpoint at all');
  await expect(openSafetensorsCheckpoint(path)).rejects.toMatchObject({ code: 'checkpoint-invalid' });
  const absent = join(directory, 'absent.safetensors');
  await expect(openSafetensorsCheckpoint(absent)).rejects.toMatchObject({
    code: 'file-read',
    details: { path: absent },
  });
});

test('weights that vanish before they are loaded fail with the stage', async () => {
  const path = await write('gone.safetensors', [{ name: 'w', dtype: 'F32', values, shape: [2, 3] }]);
  const checkpoint = await openSafetensorsCheckpoint(path);
  await rm(path);
  const run = runOnce(
    (g) => g.output('y', matMul(g, g.input('x', 'float32', [1, 2]), weightsOf(checkpoint).tensor(g, 'w', [2, 3]))),
    { x: { values: Float32Array.of(1, 10), shape: [1, 2] } },
    checkpoint.directory,
  );
  await expect(run).rejects.toMatchObject({ code: 'inference-failed', details: { stage: 'loading test' } });
});
