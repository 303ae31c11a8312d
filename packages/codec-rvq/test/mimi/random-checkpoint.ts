import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSafetensorsHeader, createRandom } from '@speech-tokens/core';
import type { WeightScope } from '@speech-tokens/onnx-graph';
import { decoderStages } from '../../src/mimi/decoder-stages.ts';
import { encoderStages } from '../../src/mimi/encoder-stages.ts';
import { parseMimiConfig } from '../../src/mimi/mimi-config.ts';

/** Writes a checkpoint with random weights into a new temporary folder: `config.json` and `model.safetensors`. */
export async function writeRandomCheckpoint(configJson: Readonly<Record<string, unknown>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mimi-'));
  const text = JSON.stringify(configJson);
  const config = parseMimiConfig(text, 'config.json');
  const shapes = new Map<string, readonly number[]>();
  encoderStages(config, recordingScope(shapes, ''), config.codebookCount);
  decoderStages(config, recordingScope(shapes, ''));
  const tensors = [...shapes].map(([name, shape]) => ({ name, dtype: 'F32' as const, shape }));
  const random = createRandom('weights');
  const data = tensors.map(({ name, shape }) => randomValues(name, shape, random.nextInteger(2 ** 31)));
  await writeFile(join(directory, 'config.json'), text);
  await writeFile(
    join(directory, 'model.safetensors'),
    Buffer.concat([buildSafetensorsHeader(tensors).bytes, ...data.map((values) => Buffer.from(values.buffer))]),
  );
  return directory;
}

/** Weights that keep the loudness of what goes through them; many of them, so from a generator that is merely fast. */
function randomValues(name: string, shape: readonly number[], seed: number): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const [scale, offset] = distribution(name, shape, count);
  const values = new Float32Array(count);
  let state = seed | 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = offset + (scale * state) / 2 ** 31;
  }
  return values;
}

function distribution(name: string, shape: readonly number[], count: number): readonly [number, number] {
  if (name.endsWith('.embed_sum')) return [2, 0];
  if (name.endsWith('.cluster_usage')) return [1.5, 2];
  if (name.endsWith('norm.weight')) return [0.5, 1];
  if (name.endsWith('_scale.scale')) return [0.2, 0.4];
  return shape.length === 1 ? [0.05, 0] : [Math.sqrt(6 / (count / shape[0]!)), 0];
}

/** Notes the name and shape of every weight that is asked for. */
function recordingScope(shapes: Map<string, readonly number[]>, prefix: string): WeightScope {
  return {
    scope: (name) => recordingScope(shapes, `${prefix}${name}.`),
    has: () => false,
    shapeOf: () => [],
    tensor(g, name, shape) {
      shapes.set(prefix + name, shape);
      const sizeBytes = shape.reduce((product, size) => product * size, 4);
      const data = { location: 'none', offsetBytes: 0, sizeBytes };
      return g.initializer({ name: prefix + name, elementType: 'float32', shape, data });
    },
  };
}
