import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, openGraphSession, weightsOf } from '@speech-tokens/onnx-graph';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decoderStages } from '../../src/mimi/decoder-stages.ts';
import { encoderStages } from '../../src/mimi/encoder-stages.ts';
import { parseMimiConfig } from '../../src/mimi/mimi-config.ts';
import { defaultStageOptions, type StageOptions } from '../../src/mimi/stage-options.ts';
import { openStages } from '../../src/staged/staged-session.ts';
import { readReference, snrDb } from '../support/reference.ts';
import { type Codec, loadCodec, tinyCheckpoint } from './codec.ts';

// The authors' architecture with random weights in unusual sizes, and what PyTorch computes with it: made by
// tools/reference. One sample, less than a frame, one sample more than one, odd lengths beyond the attention's window,
// silence and a full-scale square wave.

const reference = readReference(tinyCheckpoint);
const { codebookCounts, hopSamples } = reference.info;

function tracksOf(example: string, codebookCount: number) {
  const codes = reference.integers(`${example}.codes`);
  const [frames, width] = reference.shape(`${example}.codes`) as readonly [number, number];
  return Array.from({ length: codebookCount }, (_, k) => ({
    ids: Uint32Array.from({ length: frames }, (_, frame) => codes[frame * width + k]!),
  }));
}

describe('the codec', () => {
  let codec: Codec;
  beforeAll(async () => {
    codec = await loadCodec(tinyCheckpoint);
  });
  afterAll(() => codec.close());

  test('codes equal those of PyTorch, with all codebooks and with fewer', async () => {
    expect(reference.cases.length).toBeGreaterThanOrEqual(6);
    const used = new Set<number>();
    for (const example of reference.cases) {
      const clip = { sampleRateHz: 24_000, channels: [reference.floats(`${example}.samples`)] };
      for (const codebookCount of codebookCounts) {
        const grid = await codec.tokenizer.tokenize(clip, { codebookCount });
        expect(grid.tracks, example).toEqual(tracksOf(example, codebookCount));
        for (const id of grid.tracks.at(-1)!.ids) used.add(id);
      }
    }
    // Codes that are all alike would agree whatever is wrong.
    expect(used.size).toBeGreaterThan(25);
  });

  test('audio equals that of PyTorch to 100 dB, with all codebooks and with fewer', async () => {
    const { tokenSpace } = codec.tokenizer;
    for (const example of reference.cases) {
      const sampleCount = reference.floats(`${example}.samples`).length;
      const grid = { tokenSpace, startSample: 0, sampleCount, tracks: tracksOf(example, 6) };
      for (const codebookCount of codebookCounts) {
        const { channels } = await codec.detokenizer.detokenize(grid, { codebookCount });
        expect(channels[0]!.length, example).toBe(sampleCount);
        const wanted = reference.floats(`${example}.decoded.${codebookCount}`);
        expect(snrDb(wanted, channels[0]!), `${example}, ${codebookCount} codebooks`).toBeGreaterThan(100);
      }
    }
  });

  test('each further codebook changes the sound, and code 0 is no silence', async () => {
    const [all, three] = codebookCounts.map((count) => reference.floats(`odd.decoded.${count}`));
    expect(snrDb(all!, three!)).toBeLessThan(40);
    const tracks = tracksOf('odd', 6).map(({ ids }, k) => ({ ids: k < 3 ? ids : new Uint32Array(ids.length) }));
    const { tokenSpace } = codec.tokenizer;
    const padded = await codec.detokenizer.detokenize({
      tokenSpace,
      startSample: 0,
      sampleCount: three!.length,
      tracks,
    });
    expect(snrDb(three!, padded.channels[0]!)).toBeLessThan(40);
  });

  test('the last frame is filled with zeros, as the authors do', async () => {
    const samples = reference.floats('odd.samples');
    const filled = new Float32Array(Math.ceil(samples.length / hopSamples) * hopSamples);
    filled.set(samples);
    const tokens = await codec.tokenizer.tokenize({ sampleRateHz: 24_000, channels: [samples] });
    const ofFilled = await codec.tokenizer.tokenize({ sampleRateHz: 24_000, channels: [filled] });
    expect(tokens.sampleCount).toBe(samples.length);
    expect(tokens.tracks).toEqual(ofFilled.tracks);
  });
});

// The small model has few steps a frame: with the limits of the large one, it would be matrix products throughout.
describe.each<Partial<StageOptions> & { readonly threadCount: number }>([
  { threadCount: 1, leastSignalSteps: 1_000, leastFineSteps: 1_000 },
  { threadCount: 1, leastSignalSteps: 20, leastFineSteps: 5 },
  { threadCount: 2, leastSignalSteps: 20, leastFineSteps: 5, coarseFramesPerRun: 4 },
  { threadCount: 3, leastSignalSteps: 5, leastFineSteps: 20, fineFramesPerRun: 3 },
  { threadCount: 1, leastSignalSteps: 2, leastFineSteps: 3, coarseFramesPerRun: 2 },
])('laid out with %o', ({ threadCount, ...changes }) => {
  const options = { ...defaultStageOptions, isSplit: threadCount > 1, ...changes };
  const open = async () => {
    const path = join(tinyCheckpoint, 'config.json');
    const config = parseMimiConfig(await readFile(path, 'utf8'), path);
    const { directory, ...checkpoint } = await openCheckpoint(join(tinyCheckpoint, 'model.safetensors'));
    const weights = weightsOf({ directory, ...checkpoint });
    return {
      encoder: encoderStages(config, weights, 6, options),
      decoder: decoderStages(config, weights, options),
      openAll: (stages: ReturnType<typeof encoderStages>) =>
        openStages(stages, {
          runtime: { threadCount },
          open: (graph, own) => openGraphSession(graph, { ...own, weightsDirectory: directory }),
        }),
    };
  };

  test('codes and audio are the same', async () => {
    const { encoder, decoder, openAll } = await open();
    const [encoding, decoding] = [await openAll(encoder), await openAll(decoder)];
    const samples = reference.floats('odd.samples');
    const frames = Math.ceil(samples.length / hopSamples);
    const values = new Float32Array(frames * hopSamples);
    values.set(samples);
    const { codes } = await encoding.run({ samples: { values, shape: [values.length] } }, encoding.createState());
    expect(codes).toEqual(reference.integers('odd.codes'));
    const { samples: decoded } = await decoding.run(
      { codes: { values: codes as Int32Array, shape: [frames, 6] } },
      decoding.createState(),
    );
    const found = (decoded as Float32Array).subarray(0, samples.length);
    expect(snrDb(reference.floats('odd.decoded.6'), found)).toBeGreaterThan(100);
    await encoding.close();
    await decoding.close();
  });
});
