import type { TokenGrid } from '@speech-tokens/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reference, readReference, snrDb } from '../support/reference.ts';
import { type Codec, clipOf, dacNames, loadCodec, tinyCheckpoint } from './codecs.ts';

// Codecs of the authors' architecture with random weights in unusual sizes, and what PyTorch computes with them: made by
// tools/reference. One sample, less than a hop, one more than a hop, odd lengths, silence and a full-scale square wave.

describe.each(dacNames)('%s', (name) => {
  let codec: Codec;
  let reference: Reference;
  beforeAll(async () => {
    codec = await loadCodec(name, tinyCheckpoint(name));
    reference = readReference(tinyCheckpoint(name));
  });
  afterAll(() => codec.close());

  test('codes equal those of PyTorch, with all codebooks and with fewer', async () => {
    expect(reference.cases.length).toBeGreaterThanOrEqual(6);
    const used = new Set<number>();
    for (const example of reference.cases) {
      const clip = clipOf(codec, reference.floats(`${example}.samples`));
      for (const codebookCount of reference.info.codebookCounts) {
        const grid = await codec.tokenizer.tokenize(clip, { codebookCount });
        expect(grid.tracks, example).toEqual(referenceGrid(codec, reference, example).tracks.slice(0, codebookCount));
        for (const id of grid.tracks[0]!.ids) used.add(id);
      }
    }
    // Codes that are all alike would agree whatever is wrong.
    expect(used.size).toBeGreaterThanOrEqual(20);
  });

  test('audio equals that of PyTorch to 90 dB, with all codebooks and with fewer', async () => {
    for (const example of reference.cases) {
      const grid = referenceGrid(codec, reference, example);
      for (const codebookCount of reference.info.codebookCounts) {
        const wanted = reference.floats(`${example}.decoded.${codebookCount}`);
        const { channels } = await codec.detokenizer.detokenize(grid, { codebookCount });
        const found = channels[0]!;
        expect(found.length, example).toBe(grid.sampleCount);
        expect(snrDb(wanted, found), `${example}, ${codebookCount} codebooks`).toBeGreaterThan(90);
        // With an odd stride the authors' decoder gives less than whole hops; what it lacks is silence.
        expect([...found.subarray(wanted.length)]).toEqual(Array(found.length - wanted.length).fill(0));
      }
    }
  });

  test('each further codebook changes the sound', () => {
    const [all, ...fewer] = reference.info.codebookCounts.map((count) => reference.floats(`odd.decoded.${count}`));
    for (const other of fewer) expect(snrDb(all!, other)).toBeLessThan(40);
  });
});

function referenceGrid({ tokenizer }: Codec, reference: Reference, example: string): TokenGrid {
  const { tokenSpace } = tokenizer;
  const codes = reference.integers(`${example}.codes`);
  const width = tokenSpace.codebooks.length;
  const idsOf = (k: number): Uint32Array => Uint32Array.from(codes.filter((_, i) => i % width === k));
  const sampleCount = reference.floats(`${example}.samples`).length;
  return { tokenSpace, startSample: 0, sampleCount, tracks: tokenSpace.codebooks.map((_, k) => ({ ids: idsOf(k) })) };
}
