import { createRandom } from '@speech-tokens/core';
import { expect, test } from 'vitest';
import { conv1d, GraphBuilder, type GraphTensor, openGraphSession, sameConv1d, symbolicDim } from '../src/index.ts';

const random = createRandom('same-conv');
const gaussians = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.nextGaussian());

async function run(build: (g: GraphBuilder, x: GraphTensor) => GraphTensor, channels: number, inputs: Float32Array[]) {
  const g = new GraphBuilder('test');
  const x = g.input('x', 'float32', [1, channels, symbolicDim('samples')]);
  g.output('y', build(g, x));
  const session = await openGraphSession(g.build(), { weightsDirectory: '.' });
  const outputs: Float32Array[] = [];
  for (const values of inputs) {
    const { y } = await session.run(
      { x: { values, shape: [1, channels, values.length / channels] } },
      session.createState(),
    );
    outputs.push(y as Float32Array);
  }
  await session.close();
  return outputs;
}

test('wide layers in fewer products equal the plain convolution, at every length', async () => {
  for (const [dilation, channels, kernel, tileOutputs, leastSnrDb] of [
    [1, 384, 7, 6, 99],
    [3, 192, 7, 6, 99],
    [9, 200, 7, 6, 99],
    [2, 192, 5, 6, 99],
    [1, 384, 7, 4, 105],
    [9, 200, 7, 4, 105],
    [3, 192, 5, 4, 105],
  ] as const) {
    const weight = gaussians(channels * channels * kernel);
    const bias = gaussians(channels);
    const inputs = [1, 5, 6, 7, 12, 17, 18, 54, 55, 100, 333].map((length) => gaussians(channels * length));
    const around = (dilation * (kernel - 1)) / 2;
    const weights = (g: GraphBuilder) => ({
      weight: g.constant(weight, [channels, channels, kernel]),
      bias: g.constant(bias, [channels]),
    });
    const found = await run(
      (g, x) => {
        const y = sameConv1d(g, weights(g), x, { dilation, tileOutputs });
        expect(y.name).toContain('Add');
        return y;
      },
      channels,
      inputs,
    );
    const wanted = await run(
      (g, x) => conv1d(g, weights(g), x, { dilation, padding: [around, around] }),
      channels,
      inputs,
    );
    for (const [i, values] of wanted.entries()) {
      let [signal, noise] = [0, 0];
      for (const [at, value] of values.entries()) {
        signal += value ** 2;
        noise += (value - found[i]![at]!) ** 2;
      }
      expect(found[i]!.length).toBe(values.length);
      expect(10 * Math.log10(signal / noise)).toBeGreaterThan(leastSnrDb);
    }
  }
});

test('narrow layers are plain convolutions', () => {
  const g = new GraphBuilder('test');
  const x = g.input('x', 'float32', [1, 96, symbolicDim('samples')]);
  const y = sameConv1d(g, { weight: g.constant(gaussians(96 * 96 * 7), [96, 96, 7]) }, x, { dilation: 9 });
  expect(y.name).toContain('Conv');
  expect(y.shape).toEqual(x.shape);
});
