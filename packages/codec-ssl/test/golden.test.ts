import { describe, expect, test } from 'vitest';
import { openFeatureEncoder } from '../src/index.ts';
import { goldenEncoders, goldenFolder, greatestDifference, readReference } from './support/reference.ts';

// The authors' architectures with random weights in small sizes, and what PyTorch computes with them: made by
// tools/reference/make_ssl.py. Lengths from one sample less than a window on.

describe.each(goldenEncoders)('%s', (name) => {
  const folder = goldenFolder(name);
  const reference = readReference(folder);

  test('hidden states of every layer equal those of PyTorch, at every length', async () => {
    let compared = 0;
    for (let layer = 0; layer <= 3; layer++) {
      const encoder = await openFeatureEncoder(folder, { layer });
      expect([encoder.layer, encoder.layerCount]).toEqual([layer, 3]);
      for (const length of reference.lengths) {
        const clip = { sampleRateHz: 16_000, channels: [reference.samples(length)] };
        const { values, frameCount, width, sampleCount, isWhole } = await encoder.encode(clip);
        expect([frameCount, width, sampleCount, isWhole]).toEqual([reference.frameCount(length), 24, length, true]);
        const wanted = reference.hidden(length, layer);
        if (wanted === undefined) continue;
        compared++;
        expect(greatestDifference(values, wanted), `layer ${layer}, ${length} samples`).toBeLessThan(1e-4);
      }
      await encoder.close();
    }
    // All layers at the greatest length, the last layer at each with frames.
    expect(compared).toBe(3 + reference.lengths.filter((length) => reference.frameCount(length) > 0).length);
  });

  test('clips alone give what PyTorch gives in a padded batch with a mask', async () => {
    const encoder = await openFeatureEncoder(folder, { layer: 3 });
    for (const [length, wanted] of reference.batch) {
      const { values } = await encoder.encode({ sampleRateHz: 16_000, channels: [reference.samples(length)] });
      expect(greatestDifference(values, wanted), `${length} samples`).toBeLessThan(1e-4);
    }
    await encoder.close();
    // Base models were trained without masks: padding changes what PyTorch gives there.
    expect(reference.batch.size).toBe(name.endsWith('large') || name === 'w2v-bert' ? 2 : 0);
  });
});
