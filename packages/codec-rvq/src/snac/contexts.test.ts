import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decoderContexts, decoderLayout, encoderContexts } from './contexts.ts';
import type { SnacConfig } from './snac-config.ts';

// What depends on what, element by element from the definitions of the layers (as torch's Conv1d and ConvTranspose1d).

type Indices = ReadonlySet<number>;

/** Inputs of a convolution that some of its outputs see. */
function seenByConv(outputs: Indices, kernel: number, { stride = 1, dilation = 1, padding = 0 }): Indices {
  const inputs = new Set<number>();
  for (const output of outputs) {
    for (let tap = 0; tap < kernel; tap++) inputs.add(output * stride - padding + tap * dilation);
  }
  return inputs;
}

function seenByTransposed(outputs: Indices, stride: number): Indices {
  const padding = Math.ceil(stride / 2);
  const inputs = new Set<number>();
  for (const output of outputs) {
    for (let tap = 0; tap < 2 * stride; tap++) {
      if ((output + padding - tap) % stride === 0) inputs.add((output + padding - tap) / stride);
    }
  }
  return inputs;
}

function seenByUnits(outputs: Indices): Indices {
  return [9, 3, 1].reduce((seen, dilation) => seenByConv(seen, 7, { dilation, padding: 3 * dilation }), outputs);
}

const range = (start: number, end: number): Indices =>
  new Set(Array.from({ length: end - start }, (_, i) => start + i));
const least = (indices: Indices): number => Math.min(...indices);
const greatest = (indices: Indices): number => Math.max(...indices);

function configOf(rates: readonly number[], attentionWindow?: number): SnacConfig {
  const hopSamples = rates.reduce((product, rate) => product * rate, 1);
  return {
    sampleRateHz: 24_000,
    hopSamples,
    encoder: { channels: 2, rates },
    decoder: { channels: 64, rates: [...rates].reverse() },
    latentWidth: 64,
    ...(attentionWindow === undefined ? {} : { attentionWindow }),
    codebookSize: 4,
    codebookWidth: 2,
    codebookStrides: [2, 1],
    hasNoise: true,
    isDepthwise: true,
  };
}

const someRates = fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 1, maxLength: 3 });

test('the encoder is given the positions that its layers see, and no more', () => {
  fc.assert(
    fc.property(someRates, fc.integer({ min: 1, max: 4 }), (rates, count) => {
      const { hopSamples } = configOf(rates);
      const { input, attended } = encoderContexts(configOf(rates));
      let seen = seenByConv(range(0, count), 7, { padding: 3 });
      expect(attended).toEqual({ before: -least(seen), after: greatest(seen) - (count - 1) });
      for (const rate of [...rates].reverse()) {
        seen = seenByUnits(seenByConv(seen, 2 * rate, { stride: rate, padding: Math.ceil(rate / 2) }));
      }
      seen = seenByConv(seen, 7, { padding: 3 });
      expect(input).toEqual({
        before: -Math.floor(least(seen) / hopSamples),
        after: Math.floor(greatest(seen) / hopSamples) - (count - 1),
      });
    }),
  );
});

test('the decoder is given the positions that its layers see, and each block the samples, and no more', () => {
  fc.assert(
    fc.property(someRates, fc.integer({ min: 1, max: 4 }), (rates, count) => {
      const config = configOf(rates);
      const { decoded, input, blocks } = decoderContexts(config);
      let length = count * config.hopSamples;
      let seen = seenByConv(range(0, length), 7, { padding: 3 });
      for (const [i, rate] of [...config.decoder.rates.entries()].reverse()) {
        seen = seenByUnits(seen);
        expect(blocks[i]).toEqual({ before: -least(seen), after: greatest(seen) - (length - 1) });
        seen = seenByTransposed(seen, rate);
        length /= rate;
      }
      expect(decoded).toEqual({ before: -least(seen), after: greatest(seen) - (count - 1) });
      expect(input).toEqual({ before: decoded.before + 3, after: decoded.after + 3 });
    }),
  );
});

test('attention is given whole windows', () => {
  const config = configOf([2, 2], 32);
  expect(encoderContexts(config).attended).toEqual({ before: 32, after: 32 });
  const { attended, input, decoded } = decoderContexts(config);
  expect(decoded.before).toBeLessThan(32);
  expect(attended).toEqual({ before: 32, after: 32 });
  expect(input).toEqual({ before: 35, after: 35 });
  expect(decoderLayout(config, 33)).toEqual({
    paddingSamples: 128,
    windowSamples: 256,
    contextBeforeSamples: 256,
    contextAfterSamples: 256,
  });
});
