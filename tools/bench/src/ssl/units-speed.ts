/**
 * Self-supervised units beside PyTorch: how equal, and how fast. Both run the same checkpoint, audio and threads, taking
 * turns, so that whatever else the machine does falls on both.
 * usage: pnpm bench ssl CHECKPOINTS [--python PYTHON] [--only NAME,…] [--layers 6,9] [--seconds 10] [--threads 1,2]
 *        [--rounds 7]
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import plugin, { openFeatureEncoder } from '@speech-tokens/codec-ssl';
import { findComponent, type SpeechTokenizerV1 } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { syntheticChannels } from '../codecs/checkpoints.ts';
import { startTimedProcess } from './timed-process.ts';
import { readUnitReference } from './unit-reference.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    only: { type: 'string', default: '' },
    layers: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '7' },
  },
});
const script = fileURLToPath(new URL('../../../reference/time_ssl_pytorch.py', import.meta.url));
const root = resolve(positionals[0] ?? '.');
const only = values.only === '' ? [] : values.only.split(',');
const numbers = (text: string): readonly number[] => text.split(',').map(Number);
const temporary = await mkdtemp(join(tmpdir(), 'bench-'));
const rows: Record<string, string | number>[] = [];
try {
  for (const name of (await readdir(root)).sort()) {
    if (only.length > 0 && !only.includes(name)) continue;
    const folder = join(root, name);
    const layers = (await readdir(folder).catch(() => []))
      .map((file) => Number(file.match(/^centroids-l(\d+)\.npy$/)?.[1]))
      .filter((layer) => (values.layers === undefined ? layer >= 0 : numbers(values.layers).includes(layer)));
    for (const layer of layers.sort((a, b) => a - b)) await measure(name, folder, layer);
  }
} finally {
  await rm(temporary, { recursive: true });
}
console.log(`median of ${values.rounds} rounds in which all take turns`);
console.table(rows);

async function measure(name: string, folder: string, layer: number): Promise<void> {
  const parity = await compare(folder, layer);
  for (const threadCount of numbers(values.threads)) {
    const times = await takeTurns(folder, layer, threadCount);
    const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
    const ratio = (theirs: readonly number[]): string =>
      theirs.length === 0
        ? '–'
        : `${median(theirs).toFixed(2)} s, ${median(theirs.map((time, i) => time / times.ours[i]!)).toFixed(2)}×`;
    rows.push({
      encoder: name,
      layer,
      ...parity,
      threads: threadCount,
      [`ours, ${values.seconds} s`]: `${median(times.ours).toFixed(2)} s`,
      'PyTorch, all layers': ratio(times.all),
      'PyTorch, cut': ratio(times.cut),
      load: loadavg()[0]!.toFixed(1),
    });
    console.log(Object.values(rows.at(-1)!).join('  '));
  }
}

/** The greatest difference of hidden states and the share of equal units, over the reference cases. */
async function compare(folder: string, layer: number): Promise<Record<string, string>> {
  const reference = await readUnitReference(folder, layer);
  const encoder = await openFeatureEncoder(folder, { layer });
  const tokenizer = await unitTokenizer(folder, layer, 1);
  let [difference, equal, count] = [0, 0, 0];
  for (const { samples, hidden, units } of reference) {
    const clip = { sampleRateHz: 16_000, channels: [samples] };
    const found = await encoder.encode(clip);
    if (found.values.length !== hidden.length)
      throw new Error(`${found.frameCount} frames of ${samples.length} samples`);
    for (const [i, value] of hidden.entries()) difference = Math.max(difference, Math.abs(value - found.values[i]!));
    const { ids } = (await tokenizer.tokenize(clip)).tracks[0]!;
    count += units.length;
    equal += units.filter((id, i) => id === ids[i]).length;
  }
  await encoder.close();
  await tokenizer.close();
  return {
    'max difference': difference.toExponential(1),
    'units equal': `${((100 * equal) / count).toFixed(2)} % of ${count}`,
  };
}

async function unitTokenizer(folder: string, layer: number, threadCount: number): Promise<SpeechTokenizerV1> {
  const settings = { layer, encoder: folder, centroids: join(folder, `centroids-l${layer}.npy`) };
  await writeFile(join(temporary, 'units.json'), JSON.stringify(settings));
  const component = findComponent(plugin, 'tokenizer', 'ssl:units');
  const models = withCheckpointDirectory(createModelStore(), temporary, component.models);
  return component.load({ models, threadCount });
}

interface Turns {
  readonly ours: number[];
  readonly all: number[];
  readonly cut: number[];
}

async function takeTurns(folder: string, layer: number, threadCount: number): Promise<Turns> {
  const [samples] = syntheticChannels(Number(values.seconds), 16_000, 1);
  const tokenizer = await unitTokenizer(folder, layer, threadCount);
  const ours = async (): Promise<number> => {
    const start = performance.now();
    await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [samples!] });
    return (performance.now() - start) / 1000;
  };
  await ours();
  const pytorch =
    values.python === undefined ? undefined : await startPytorch(values.python, folder, layer, threadCount, samples!);
  const turns: Turns = { ours: [], all: [], cut: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    turns.ours.push(await ours());
    if (pytorch === undefined) continue;
    turns.all.push(await pytorch.time('all'));
    turns.cut.push(await pytorch.time('cut'));
  }
  pytorch?.stop();
  await tokenizer.close();
  return turns;
}

async function startPytorch(python: string, folder: string, layer: number, threadCount: number, samples: Float32Array) {
  const path = join(temporary, 'samples.f32');
  await writeFile(path, new Uint8Array(samples.buffer));
  const options = ['--layer', String(layer), '--threads', String(threadCount)];
  return startTimedProcess(python, [script, folder, path, ...options]);
}
