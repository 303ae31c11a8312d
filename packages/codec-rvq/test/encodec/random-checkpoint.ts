import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSafetensorsHeader, createRandom } from '@speech-tokens/core';
import type { WeightScope } from '@speech-tokens/onnx-graph';
import { type EncodecConfig, type EncodecKind, parseEncodecConfig } from '../../src/encodec/encodec-config.ts';

/**
 * Writes a checkpoint with random weights into a new temporary folder: `config.json` and `model.safetensors`.
 * @param build whatever asks for the weights that the checkpoint should have
 */
export async function writeRandomCheckpoint(
  configJson: Readonly<Record<string, unknown>>,
  kind: EncodecKind,
  build: (config: EncodecConfig, weights: WeightScope) => void,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'encodec-'));
  const text = JSON.stringify(configJson);
  const shapes = new Map<string, readonly number[]>();
  build(parseEncodecConfig(text, 'config.json', kind), recordingScope(shapes, ''));
  const tensors = [...shapes].map(([name, shape]) => ({ name, dtype: 'F32' as const, shape }));
  const header = buildSafetensorsHeader(tensors);
  const random = createRandom('weights');
  const data = tensors.map(({ name, shape }) => randomValues(name, shape, random.nextInteger(2 ** 31)));
  await writeFile(join(directory, 'config.json'), text);
  await writeFile(
    join(directory, 'model.safetensors'),
    Buffer.concat([header.bytes, ...data.map((values) => Buffer.from(values.buffer))]),
  );
  return directory;
}

/** Weights that keep the loudness of what goes through them; many of them, so from a generator that is merely fast. */
function randomValues(name: string, shape: readonly number[], seed: number): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const isTable = name.endsWith('.embed');
  const centre = name.endsWith('norm.weight') ? 1 : 0;
  const scale = shape.length === 1 ? 0.01 : isTable ? 0.1 : Math.sqrt(6 / (count / shape[0]!));
  const values = new Float32Array(count);
  let state = seed | 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = centre + (scale * state) / 2 ** 31;
  }
  return values;
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
