import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isListedSpaceId, parseSafetensorsHeader, validateTokenGrid } from '@speech-tokens/core';
import { expect, test } from 'vitest';
import plugin, { openFeatureEncoder } from '../src/index.ts';
import { bundledEncoder } from '../src/units/bundled-encoder.ts';
import { bundledUnits } from '../src/units/bundled-units.ts';
import { publishedComponent } from '../src/units/published-units.ts';
import { bundledModels } from './support/bundled.ts';
import { goldenFolder, greatestDifference } from './support/reference.ts';

// The weights that ship, and what transformers computes with them: made by tools/train/units/export.py.

const samples = readRecording('sense-and-sensibility.wav');
const golden = readTensors(`${goldenFolder('units-50hz')}/reference.safetensors`);

test('hidden states equal those of transformers', async () => {
  const models = fileURLToPath(new URL('../models/units-50hz', import.meta.url));
  const encoder = await openFeatureEncoder(models, { layer: bundledEncoder.layer });
  expect([encoder.layerCount, encoder.width]).toEqual([bundledEncoder.layer, 256]);
  const { values } = await encoder.encode({ sampleRateHz: 16_000, channels: [samples.slice(0, 32_000)] });
  await encoder.close();
  expect(values.length).toBe(99 * 256);
  expect(greatestDifference(values, new Float32Array(golden.get('hidden')!))).toBeLessThan(1e-3);
});

test.each(bundledUnits)('$id needs no download, and its units equal those of transformers', async (units) => {
  const component = plugin.components.find(({ id }) => id === units.id);
  if (component?.kind !== 'tokenizer') throw new Error(`${units.id} is not listed`);
  expect(component.models.map(({ source }) => source.type)).toEqual(['bundled', 'bundled', 'bundled', 'bundled']);
  const tokenizer = await component.load({ models: bundledModels() });
  const grid = await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [samples] });
  await tokenizer.close();
  validateTokenGrid(grid);
  expect(grid.tokenSpace.id).toMatch(new RegExp(`^${units.id}#[0-9a-f]{12}$`));
  expect(isListedSpaceId(grid.tokenSpace.id, component.tokenSpace.id)).toBe(true);
  expect({ ...grid.tokenSpace, id: units.id }).toEqual(component.tokenSpace);
  const wanted = new Int32Array(golden.get(`units-k${units.unitCount}`)!);
  const ids = grid.tracks[0]!.ids;
  expect(ids.length).toBe(wanted.length);
  const equal = ids.filter((id, i) => id === wanted[i]).length;
  // Where two centroids are as near, sums in another order may choose the other.
  expect(equal / wanted.length).toBeGreaterThanOrEqual(0.999 - 1 / wanted.length);
});

test('every unit count is listed once in package.json, as the components are', () => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { speechTokens } = JSON.parse(text) as {
    speechTokens: { provides: { kind: string; id: string; title: string }[] };
  };
  for (const { id, title } of bundledUnits.map(publishedComponent)) {
    expect(speechTokens.provides.filter((entry) => entry.id === id && entry.kind === 'tokenizer')).toEqual([
      { kind: 'tokenizer', id, title },
    ]);
  }
  expect(bundledUnits.map(({ unitCount }) => unitCount)).toEqual([100, 200, 500]);
});

/** A 16-bit mono WAV of examples/audio whose samples start at byte 44. */
function readRecording(name: string): Float32Array {
  const bytes = readFileSync(new URL(`../../../examples/audio/${name}`, import.meta.url));
  if (bytes.toString('latin1', 36, 40) !== 'data') throw new Error(`${name}: the samples do not start at byte 44`);
  const data = bytes.subarray(44, 44 + bytes.readUInt32LE(40));
  return Float32Array.from({ length: data.length / 2 }, (_, i) => data.readInt16LE(2 * i) / 32_768);
}

function readTensors(path: string): ReadonlyMap<string, ArrayBuffer> {
  const bytes = new Uint8Array(readFileSync(path));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path });
  return new Map(
    [...tensors].map(([name, { offsetBytes, sizeBytes }]) => [
      name,
      bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer,
    ]),
  );
}
