import { createRandom } from '@speech-tokens/core';
import { GraphBuilder, openGraphSession, symbolicDim } from '@speech-tokens/onnx-graph';
import { expect, test } from 'vitest';
import { upsampleRows, upsampleSignal } from './upsample.ts';

test('rows and signals give the same samples, with even and odd strides', async () => {
  const random = createRandom('upsample');
  const [inChannels, out, samples] = [6, 4, 9];
  const values = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.nextGaussian());
  for (const stride of [1, 2, 3, 5, 8]) {
    const g = new GraphBuilder('upsample');
    const x = g.input('x', 'float32', [1, inChannels, symbolicDim('samples')]);
    const weights = {
      weight: g.constant(values(inChannels * out * 2 * stride), [inChannels, out, 2 * stride]),
      bias: g.constant(values(out), [out]),
    };
    g.output('rows', upsampleRows(g, weights, x, stride));
    g.output('signal', upsampleSignal(g, weights, x, stride));
    const session = await openGraphSession(g.build(), { weightsDirectory: '.' });
    const input = { values: values(inChannels * samples), shape: [1, inChannels, samples] };
    const { rows, signal } = await session.run({ x: input }, session.createState());
    await session.close();
    expect(rows!.length).toBe(out * (samples * stride - (stride % 2)));
    expect(signal!.length).toBe(rows!.length);
    for (const [i, sample] of signal!.entries()) expect(rows![i], `stride ${stride}, ${i}`).toBeCloseTo(sample, 4);
  }
});
