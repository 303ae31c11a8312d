import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSafetensorsHeader } from '@speech-tokens/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphBuilder, openCheckpoint, reshape, type WeightScope, weightNormed, weightsOf } from '../src/index.ts';
import { runOnce } from './run-graph.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weight-norm-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function weights(name: string, tensors: Readonly<Record<string, readonly [number[], number[]]>>) {
  const layout = Object.entries(tensors).map(([name, [shape]]) => ({ name, dtype: 'F32' as const, shape }));
  const values = Object.values(tensors).map(([, values]) => Buffer.from(Float32Array.from(values).buffer));
  const path = join(directory, `${name}.safetensors`);
  await writeFile(path, Buffer.concat([buildSafetensorsHeader(layout).bytes, ...values]));
  return weightsOf(await openCheckpoint(path));
}

async function folded(scope: WeightScope): Promise<number[]> {
  const zero = { values: new Float32Array(1), shape: [1] };
  const { y } = await runOnce(
    (g) => {
      g.input('x', 'float32', [1]);
      g.output('y', reshape(g, weightNormed(g, scope, [2, 2, 3]), [12]));
    },
    { x: zero },
    directory,
  );
  return [...y!];
}

const direction: [number[], number[]] = [
  [2, 2, 3],
  [1, -2, 3, 0.5, 0.25, -1, 2, 2, -4, 1, 0, 0.125],
];
const length: [number[], number[]] = [
  [2, 1, 1],
  [0.5, -3],
];

test('a weight as length and direction is that of PyTorch, by either pair of names', async () => {
  // torch._weight_norm(v, g, 0)
  const wanted = [
    0.12777531, -0.25555062, 0.38332593, 0.063887656, 0.031943828, -0.12777531, -1.1996253, -1.1996253, 2.3992505,
    -0.59981263, -0, -0.074976578,
  ];
  for (const [g, v] of [
    ['weight_g', 'weight_v'],
    ['parametrizations.weight.original0', 'parametrizations.weight.original1'],
  ] as const) {
    const values = await folded(await weights(g, { [g]: length, [v]: direction }));
    for (const [i, value] of values.entries()) expect(value, g).toBeCloseTo(wanted[i]!, 6);
  }
});

test('a weight that is folded already is taken as it is', async () => {
  expect(await folded(await weights('plain', { weight: direction }))).toEqual(direction[1]);
});

test('a part that is missing or of another shape is named', async () => {
  const fold = (scope: WeightScope): unknown => weightNormed(new GraphBuilder('test'), scope, [2, 2, 3]);
  const half = await weights('half', { weight_v: direction, weight: direction });
  expect(() => fold(half)).toThrow('weight_g: found no tensor of this name');
  const other = await weights('other', { weight_g: [[2], [1, 2]], weight_v: direction });
  expect(() => fold(other)).toThrow('weight_g: found float32 [2], wanted a float tensor of shape [2, 1, 1]');
  const none = await weights('none', { bias: length });
  expect(() => fold(none)).toThrow('weight: found no tensor of this name');
});
