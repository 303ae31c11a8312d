import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findComponent } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { conformanceOfPlugin, defineConformanceTests } from '@speech-tokens/core/testing';
import {
  cast,
  concat,
  GraphBuilder,
  type GraphTensor,
  multiply,
  multiplyDim,
  reshape,
  slice,
  symbolicDim,
} from '@speech-tokens/onnx-graph';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { familyComponents } from '../../src/family/codec-family.ts';
import { parsePublishedConfig } from '../../src/published-onnx/published-config.ts';
import { publishedFamilies } from '../../src/published-onnx/published-families.ts';

// Stand-ins with the names and shapes of published exports: a code is the level of a sample, eight bits of it.

const frames = symbolicDim('frames');
const flat = (g: GraphBuilder, x: GraphTensor, hop: number): GraphTensor => reshape(g, x, [frames, hop]);

/** The level of sample `at` of each frame, 0 to 63: `[frames, hop] → int64 [1, frames]`. */
function level(g: GraphBuilder, rows: GraphTensor, at: number): GraphTensor {
  const scaled = multiply(g, slice(g, rows, 1, at, at + 1), g.scalar(63));
  const clipped = g.node('Clip', [g.node('Abs', [scaled], scaled), g.scalar(0), g.scalar(63)], scaled);
  return reshape(g, cast(g, clipped, 'int64'), [1, frames]);
}

function dacLike(): { readonly encoder: Uint8Array; readonly decoder: Uint8Array; readonly config: object } {
  const e = new GraphBuilder('encoder');
  const samples = e.input('input_values', 'float32', [1, 1, multiplyDim(frames, 8)]);
  const rows = flat(e, samples, 8);
  e.output('audio_codes', reshape(e, concat(e, [level(e, rows, 0), level(e, rows, 3)], 0), [1, 2, frames]));
  const d = new GraphBuilder('decoder');
  const codes = d.input('audio_codes', 'int64', [1, 2, frames]);
  const first = cast(d, slice(d, codes, 1, 0, 1), 'float32');
  const second = cast(d, slice(d, codes, 1, 1, 2), 'float32');
  const pairs = [first, second].map((x) => reshape(d, multiply(d, x, d.scalar(1 / 64)), [frames, 1]));
  const wide = concat(
    d,
    [0, 1, 0, 1, 0, 1, 0, 1].map((i) => pairs[i]!),
    1,
  );
  d.output('audio_values', reshape(d, wide, [1, 1, multiplyDim(frames, 8)]));
  const config = { model_type: 'dac', sampling_rate: 16_000, downsampling_ratios: [2, 4], codebook_size: 64 };
  return { encoder: e.build().model, decoder: d.build().model, config };
}

function snacLike(): { readonly encoder: Uint8Array; readonly decoder: Uint8Array; readonly config: object } {
  const e = new GraphBuilder('encoder');
  const rows = flat(e, e.input('input_values', 'float32', [1, 1, multiplyDim(frames, 8)]), 8);
  e.output('audio_codes.0', level(e, rows, 0));
  const fine = [level(e, rows, 1), level(e, rows, 5)].map((x) => reshape(e, x, [frames, 1]));
  e.output('audio_codes.1', reshape(e, concat(e, fine, 1), [1, multiplyDim(frames, 2)]));
  const d = new GraphBuilder('decoder');
  const coarse = reshape(d, cast(d, d.input('audio_codes.0', 'int64', [1, frames]), 'float32'), [frames, 1]);
  const finer = d.input('audio_codes.1', 'int64', [1, multiplyDim(frames, 2)]);
  const pair = reshape(d, cast(d, finer, 'float32'), [frames, 2]);
  const wide = multiply(d, concat(d, [coarse, pair, coarse, pair, pair], 1), d.scalar(1 / 64));
  d.output('audio_values', reshape(d, wide, [1, 1, multiplyDim(frames, 8)]));
  const config = {
    sampling_rate: 16_000,
    encoder_rates: [2, 2],
    vq_strides: [2, 1],
    codebook_size: 64,
    attn_window_size: null,
  };
  return { encoder: e.build().model, decoder: d.build().model, config };
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'published-'));
  for (const [name, { encoder, decoder, config }] of Object.entries({ dac: dacLike(), snac: snacLike() })) {
    await mkdir(join(root, name, 'onnx'), { recursive: true });
    await writeFile(join(root, name, 'config.json'), JSON.stringify(config));
    await writeFile(join(root, name, 'onnx/encoder_model.onnx'), encoder);
    await writeFile(join(root, name, 'onnx/decoder_model.onnx'), decoder);
  }
});
afterAll(() => rm(root, { recursive: true }));

const [family] = publishedFamilies;
const plugin = { specificationVersion: 'v1', components: familyComponents(family!) } as const;
const modelsOf = (name: string) => {
  const { models } = findComponent(plugin, 'tokenizer', family!.id);
  return withCheckpointDirectory(createModelStore(), join(root, name), models);
};

for (const name of ['dac', 'snac']) {
  describe(`an export with the names of ${name}`, () => {
    const components = plugin.components.map((component) => ({
      ...component,
      load: (context: Parameters<typeof component.load>[0]) => component.load({ ...context, models: modelsOf(name) }),
    })) as typeof plugin.components;
    defineConformanceTests(
      { test, after: afterAll },
      conformanceOfPlugin({ ...plugin, components }, { models: createModelStore(), checkpointDirectory: tmpdir() }),
    );
  });
}

test('codes and audio pass through as the export computes them', async () => {
  const tokenizer = await findComponent(plugin, 'tokenizer', family!.id).load({ models: modelsOf('dac') });
  const detokenizer = await findComponent(plugin, 'detokenizer', family!.id).load({ models: modelsOf('dac') });
  const samples = Float32Array.from({ length: 20 }, (_, n) => n / 20);
  const grid = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [samples] });
  expect(grid.tracks.map(({ ids }) => [...ids])).toEqual([
    [0, 25, 50],
    [9, 34, 59],
  ]);
  const clip = await detokenizer.detokenize(grid);
  expect(clip.channels[0]!.length).toBe(20);
  expect([...clip.channels[0]!.subarray(8, 10)]).toEqual([25 / 64, 34 / 64]);
  await expect(detokenizer.detokenize(grid, { codebookCount: 1 })).rejects.toMatchObject({ code: 'argument-invalid' });
  await tokenizer.close();
  await detokenizer.close();
});

test('a model with other names is refused with those that it has', async () => {
  await mkdir(join(root, 'swapped/onnx'), { recursive: true });
  const { encoder, decoder, config } = dacLike();
  await writeFile(join(root, 'swapped/config.json'), JSON.stringify(config));
  await writeFile(join(root, 'swapped/onnx/encoder_model.onnx'), decoder);
  await writeFile(join(root, 'swapped/onnx/decoder_model.onnx'), encoder);
  const loading = findComponent(plugin, 'tokenizer', family!.id).load({ models: modelsOf('swapped') });
  await expect(loading).rejects.toMatchObject({ code: 'checkpoint-invalid' });
  await expect(loading).rejects.toThrow('it lacks input input_values');
});

test('whatever JSON it is given, the configuration is read or refused with a typed error', () => {
  const examples = [
    dacLike().config,
    snacLike().config,
    { model_type: 'mimi', sampling_rate: 24_000, frame_rate: 12.5 },
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...examples),
      fc.dictionary(fc.constantFrom('model_type', 'frame_rate', 'vq_strides', 'sampling_rate'), fc.jsonValue()),
      (example, changes) => {
        try {
          parsePublishedConfig(JSON.stringify({ ...example, ...changes }), 'config.json');
        } catch (error) {
          expect(error).toMatchObject({ code: 'checkpoint-invalid' });
        }
      },
    ),
  );
});
