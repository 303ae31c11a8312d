import { trackFrameCounts } from '@speech-tokens/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SnacConfig } from '../../src/snac/snac-config.ts';
import type { DecoderConditioning } from '../../src/windowed/windowed-detokenizer.ts';
import { type Reference, readReference, snrDb } from '../support/reference.ts';
import {
  type Codec,
  clipOf,
  loadCodec,
  loadWindowedCodec,
  referenceGrid,
  snacNames,
  tinyCheckpoint,
} from './codecs.ts';

// Codecs of the authors' architecture with random weights in unusual sizes, and what their code computes with them: made
// by tools/reference. One sample, less than a hop, one more than a hop, odd lengths, silence and a full-scale square wave.

const silent = { conditioning: { noise: 'off' } };

describe.each(snacNames)('%s', (name) => {
  const directory = tinyCheckpoint(name);
  let reference: Reference;
  /** As users have it, and in windows of one block, where nearly every sample is next to a cut. */
  const codecs: Codec[] = [];
  beforeAll(async () => {
    reference = readReference(directory);
    codecs.push(
      await loadCodec(name, directory),
      await loadWindowedCodec(directory, { windowPositions: 1, conditioningOf: referenceNoise }),
    );
  });
  afterAll(async () => {
    for (const codec of codecs) await codec.close();
  });

  /** The noise that PyTorch drew, or zeros for the examples without. */
  const referenceNoise = (config: SnacConfig, given: unknown): DecoderConditioning => ({
    label: 'noise of the reference',
    inputsAt(startSample, endSample) {
      let rate = 1;
      const inputs = config.decoder.rates.map((factor, block) => {
        rate *= factor;
        const [start, end] = [startSample, endSample].map((sample) => (sample / config.hopSamples) * rate);
        const values = given === undefined ? reference.floats(`odd.noise.${block}`).slice(start, end) : undefined;
        return [
          `noise-${block}`,
          { values: values ?? new Float32Array(end! - start!), shape: [end! - start!] },
        ] as const;
      });
      return Object.fromEntries(inputs);
    },
  });

  test('codes equal those of PyTorch, in any windows, with all codebooks and with fewer', async () => {
    expect(reference.cases.length).toBeGreaterThanOrEqual(6);
    const used = new Set<number>();
    for (const codec of codecs) {
      for (const example of reference.cases) {
        const samples = reference.floats(`${example}.samples`);
        const { padded } = trackFrameCounts(codec.tokenizer.tokenSpace, samples.length)!;
        const wanted = referenceGrid(codec.tokenizer, reference, example).tracks.map(({ ids }, k) => ({
          ids: ids.subarray(0, padded[k]),
        }));
        for (const codebookCount of reference.info.codebookCounts) {
          const grid = await codec.tokenizer.tokenize(clipOf(codec, samples), { codebookCount });
          expect(grid.tracks, example).toEqual(wanted.slice(0, codebookCount));
          for (const { ids } of grid.tracks) for (const id of ids) used.add(id);
        }
      }
    }
    // Codes that are all alike would agree whatever is wrong.
    expect(used.size).toBeGreaterThan(40);
  });

  test('audio equals that of PyTorch to 100 dB, in any windows, with all codebooks and with fewer', async () => {
    for (const codec of codecs) {
      for (const example of reference.cases) {
        const grid = referenceGrid(codec.tokenizer, reference, example);
        for (const codebookCount of reference.info.codebookCounts) {
          const wanted = reference.floats(`${example}.decoded.${codebookCount}`);
          const { channels } = await codec.detokenizer.detokenize(grid, { codebookCount, ...silent });
          expect(channels[0]!.length, example).toBe(grid.sampleCount);
          expect(snrDb(wanted, channels[0]!), `${example}, ${codebookCount} codebooks`).toBeGreaterThan(100);
        }
      }
    }
  });

  test('from audio and back, any length gives what PyTorch gives, its padding included', async () => {
    const codec = codecs[0]!;
    for (const example of reference.cases) {
      const samples = reference.floats(`${example}.samples`);
      const grid = await codec.tokenizer.tokenize(clipOf(codec, samples));
      const { channels } = await codec.detokenizer.detokenize(grid, silent);
      expect(channels[0]!.length, example).toBe(samples.length);
      const wanted = reference.floats(`${example}.decoded.${grid.tracks.length}`);
      expect(snrDb(wanted, channels[0]!), example).toBeGreaterThan(100);
    }
  });

  test('with the noise that PyTorch drew, audio equals its own to 100 dB', async () => {
    const { tokenizer, detokenizer } = codecs[1]!;
    const grid = referenceGrid(tokenizer, reference, 'odd');
    const wanted = reference.floats('odd.decoded-with-noise');
    const withNoise = await detokenizer.detokenize(grid);
    expect(snrDb(wanted, withNoise.channels[0]!)).toBeGreaterThan(100);
    const without = await detokenizer.detokenize(grid, silent);
    expect(snrDb(wanted, without.channels[0]!)).toBeLessThan(20);
  });

  test('each further codebook changes the sound', () => {
    const [all, ...fewer] = reference.info.codebookCounts.map((count) => reference.floats(`odd.decoded.${count}`));
    for (const other of fewer) expect(snrDb(all!, other)).toBeLessThan(40);
  });
});
