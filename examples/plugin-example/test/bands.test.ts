import { expect, it } from 'vitest';
import { createBandDetokenizer } from '../src/band-detokenizer.ts';
import { createBandTokenizer } from '../src/band-tokenizer.ts';
import { amplitudeOf, bandEdgesHz, sampleRateHz } from '../src/bands.ts';

it.each([0, 5, 15])('hears a sine in band %i, as loud as it is, and sounds it again', async (band) => {
  const frequencyHz = Math.sqrt((bandEdgesHz[band] as number) * (bandEdgesHz[band + 1] as number));
  const samples = Float32Array.from(
    { length: sampleRateHz / 2 },
    (_, i) => 0.25 * Math.sin((2 * Math.PI * frequencyHz * i) / sampleRateHz),
  );
  const grid = await createBandTokenizer().tokenize({ sampleRateHz, channels: [samples] });
  const levels = grid.tracks.map(({ ids }) => ids[10] as number);
  expect(levels.indexOf(Math.max(...levels))).toBe(band);
  expect(amplitudeOf(levels[band] as number)).toBeGreaterThan(0.25 / 1.5);
  expect(amplitudeOf(levels[band] as number)).toBeLessThan(0.25 * 1.5);

  const back = await createBandDetokenizer().detokenize(grid);
  const again = await createBandTokenizer().tokenize(back);
  const levelsAgain = again.tracks.map(({ ids }) => ids[10] as number);
  expect(Math.abs((levelsAgain[band] as number) - (levels[band] as number))).toBeLessThanOrEqual(1);
});

it('gives silence for silence', async () => {
  const grid = await createBandTokenizer().tokenize({ sampleRateHz, channels: [new Float32Array(1000)] });
  expect(grid.tracks.every(({ ids }) => ids.every((id) => id === 0))).toBe(true);
  const clip = await createBandDetokenizer().detokenize(grid);
  expect(clip.channels).toEqual([new Float32Array(1000)]);
});
