import type { SpeechTokenizerV1, TokenGrid } from '@speech-tokens/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reference, readReference, snrDb } from '../support/reference.ts';
import { type Codec, clipOf, flatSamples, loadCodec, tinyCheckpoint } from './codecs.ts';

// Codecs of the authors' architecture with random weights in unusual sizes, and what PyTorch computes with them: made by
// tools/reference. One sample, less than a hop, one more than a hop, odd lengths, silence and a full-scale square wave.

describe.each(['encodec-24khz', 'encodec-48khz', 'encodec-32khz'])('%s', (name) => {
  let codec: Codec;
  let reference: Reference;
  beforeAll(async () => {
    codec = await loadCodec(`rvq:${name}`, tinyCheckpoint(name));
    reference = readReference(new URL(`../golden/${name}/`, import.meta.url));
  });
  afterAll(() => codec.close());

  test('codes equal those of PyTorch, with all codebooks and with fewer', async () => {
    expect(reference.cases.length).toBeGreaterThanOrEqual(6);
    const used = new Set<number>();
    for (const example of reference.cases) {
      const clip = clipOf(codec, reference.floats(`${example}.samples`));
      for (const codebookCount of reference.info.codebookCounts) {
        const grid = await codec.tokenizer.tokenize(clip, { codebookCount });
        expect(grid.tracks, example).toEqual(referenceTracks(reference, example, codebookCount));
        const scales = referenceScales(reference, example);
        expect(grid.sideTracks?.length, example).toBe(scales === undefined ? undefined : 1);
        for (const [i, scale] of scales?.entries() ?? []) {
          // Sums of squares round in another order.
          expect(Math.abs(grid.sideTracks![0]!.values[i]! / scale - 1), example).toBeLessThan(1e-6);
        }
        for (const id of grid.tracks[0]!.ids) used.add(id);
      }
    }
    // Codes that are all alike would agree whatever is wrong.
    expect(used.size).toBeGreaterThan(25);
  });

  test('audio equals that of PyTorch to 100 dB, with all codebooks and with fewer', async () => {
    for (const example of reference.cases) {
      const samples = reference.floats(`${example}.samples`);
      const grid = await referenceGrid(codec.tokenizer, reference, example, samples);
      for (const codebookCount of reference.info.codebookCounts) {
        const wanted = reference.floats(`${example}.decoded.${codebookCount}`);
        const found = flatSamples(await codec.detokenizer.detokenize(grid, { codebookCount }));
        expect(found.length, example).toBe(samples.length);
        expect(snrDb(wanted, found), `${example}, ${codebookCount} codebooks`).toBeGreaterThan(100);
      }
    }
  });

  test('each further codebook changes the sound', async () => {
    const [all, ...fewer] = reference.info.codebookCounts.map((count) => reference.floats(`odd.decoded.${count}`));
    for (const other of fewer) expect(snrDb(all!, other)).toBeLessThan(40);
  });
});

/** The first tracks of a case; of a codec in segments, their frames one after another. */
function referenceTracks(reference: Reference, example: string, codebookCount: number): TokenGrid['tracks'] {
  const names = reference.names.filter((name) => new RegExp(`^${example}\\.(segments\\.\\d+\\.)?codes$`).test(name));
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const width = reference.shape(names[0]!)[1]!;
  const codes = names.flatMap((name) => [...reference.integers(name)]);
  return Array.from({ length: codebookCount }, (_, k) => ({
    ids: Uint32Array.from({ length: codes.length / width }, (_, frame) => codes[frame * width + k]!),
  }));
}

/** The loudness of each segment, where the codec normalises them. */
function referenceScales(reference: Reference, example: string): Float32Array | undefined {
  const name = `${example}.scales`;
  return reference.names.includes(name) ? reference.floats(name) : undefined;
}

async function referenceGrid(
  { tokenSpace, audioFormat }: SpeechTokenizerV1,
  reference: Reference,
  example: string,
  samples: Float32Array,
): Promise<TokenGrid> {
  const values = referenceScales(reference, example);
  const hopSamples = tokenSpace.segments?.strideSamples ?? 0;
  return {
    tokenSpace,
    startSample: 0,
    sampleCount: samples.length / audioFormat.channelCount,
    tracks: referenceTracks(reference, example, tokenSpace.codebooks.length),
    ...(values === undefined ? {} : { sideTracks: [{ name: 'scale', hopSamples, valuesPerFrame: 1, values }] }),
  };
}
