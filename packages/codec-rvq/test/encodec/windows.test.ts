import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  openCheckpoint,
  openGraphSession,
  type TensorInput,
  type TensorValues,
  weightsOf,
} from '@speech-tokens/onnx-graph';
import { expect, test } from 'vitest';
import { parseEncodecConfig } from '../../src/encodec/encodec-config.ts';
import {
  buildRecurrentDecoder,
  buildRecurrentEncoder,
  type RecurrentGraphs,
} from '../../src/encodec/recurrent-graphs.ts';
import { widestChannels } from '../../src/encodec/seanet.ts';
import { snrDb } from '../support/reference.ts';
import { speechLikeSamples } from '../support/signals.ts';
import { clipOf, loadCodec, tinyCheckpoint } from './codecs.ts';

test('many windows give what the networks give for the whole recording at once', async () => {
  const directory = tinyCheckpoint('encodec-32khz');
  const config = parseEncodecConfig(await readFile(join(directory, 'config.json'), 'utf8'), 'config.json', 'whole');
  const checkpoint = await openCheckpoint(join(directory, 'model.safetensors'));
  const weights = weightsOf(checkpoint);
  const atOnce = async (graphs: RecurrentGraphs, input: TensorInput): Promise<TensorValues> => {
    let values: Readonly<Record<string, TensorValues>> = {};
    for (const [graph, previous] of [
      [graphs.first, undefined],
      [graphs.recurrent, 'features'],
      [graphs.last, 'remembered'],
    ] as const) {
      const session = await openGraphSession(graph, { weightsDirectory: checkpoint.directory });
      const width = widestChannels(config);
      const given = previous === undefined ? undefined : values[previous]!;
      const inputs =
        given === undefined ? { input } : { features: { values: given, shape: [given.length / width, width] } };
      values = await session.run(inputs, session.createState());
      await session.close();
    }
    return values['output']!;
  };
  // Eleven windows, the last of them a part of a frame.
  const samples = speechLikeSamples(11 * 50 * 40 + 17, 'windows');
  const codec = await loadCodec('rvq:encodec-32khz', directory);
  const grid = await codec.tokenizer.tokenize(clipOf(codec, samples));
  const codes = await atOnce(buildRecurrentEncoder(config, weights, 3), { values: samples, shape: [samples.length] });
  const frames = grid.tracks[0]!.ids.length;
  const interleaved = Int32Array.from({ length: 3 * frames }, (_, i) => grid.tracks[i % 3]!.ids[Math.floor(i / 3)]!);
  expect([...interleaved]).toEqual([...codes]);
  expect(new Set(codes).size).toBeGreaterThan(20);

  const audio = (await codec.detokenizer.detokenize(grid)).channels[0]!;
  const wanted = await atOnce(buildRecurrentDecoder(config, weights), { values: interleaved, shape: [frames, 3] });
  expect(snrDb((wanted as Float32Array).subarray(0, samples.length), audio)).toBeGreaterThan(110);
  await codec.close();
});
