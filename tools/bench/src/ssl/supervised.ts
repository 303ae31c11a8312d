/**
 * Supervised tokenizers on the checkpoints of tools/reference/make_supervised.py: how many units equal those of the authors'
 * code, whether a batch equals its items, and how long a recording takes; with --python and --glm-source beside that code of
 * GLM-4-Voice, taking turns.
 * usage: pnpm bench supervised CHECKPOINTS [--only NAME,…] [--seconds 10] [--threads 1] [--rounds 3]
 *        [--python PYTHON --glm-source DIR]
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import plugin from '@speech-tokens/codec-ssl';
import { findComponent, parseSafetensorsHeader, type SpeechTokenizerV1 } from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory } from '@speech-tokens/core/node';
import { syntheticChannels } from '../codecs/checkpoints.ts';
import { startTimedProcess, type TimedProcess } from './timed-process.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    python: { type: 'string' },
    'glm-source': { type: 'string' },
  },
});
const root = resolve(positionals[0] ?? '.');
const only = values.only === '' ? [] : values.only.split(',');
const rows: Record<string, string | number>[] = [];
for (const name of (await readdir(root)).sort()) {
  if (!/^(glm-4-voice|s3-v\d-\d+hz)$/.test(name) || (only.length > 0 && !only.includes(name))) continue;
  const component = findComponent(plugin, 'tokenizer', `ssl:${name}`);
  const models = withCheckpointDirectory(createModelStore(), join(root, name), component.models);
  const tokenizer = await component.load({ models, threadCount: Number(values.threads) });
  rows.push({
    tokenizer: name,
    ...(await compare(tokenizer, join(root, name))),
    ...(await time(tokenizer, join(root, name))),
  });
  console.log(Object.values(rows.at(-1)!).join('  '));
  await tokenizer.close();
}
console.table(rows);

async function compare(tokenizer: SpeechTokenizerV1, folder: string): Promise<Record<string, string>> {
  const bytes = new Uint8Array(await readFile(join(folder, 'reference.safetensors')));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path: folder });
  const read = (name: string): Int32Array | Int16Array => {
    const { dtype, offsetBytes, sizeBytes } = tensors.get(name)!;
    const { buffer } = bytes.slice(offsetBytes, offsetBytes + sizeBytes);
    return dtype === 'I16' ? new Int16Array(buffer) : new Int32Array(buffer);
  };
  const start = read('samples');
  const lengths = [...tensors.keys()]
    .filter((name) => name.endsWith('.units'))
    .map((name) => Number.parseInt(name, 10));
  const clips = lengths.map((length) => ({
    sampleRateHz: 16_000,
    channels: [Float32Array.from({ length }, (_, i) => start[i % start.length]! / 32_768)],
  }));
  let [equal, count, lacking] = [0, 0, 0];
  const found: string[] = [];
  for (const [i, clip] of clips.entries()) {
    const { ids } = (await tokenizer.tokenize(clip)).tracks[0]!;
    const wanted = read(`${lengths[i]}.units`);
    equal += wanted.filter((unit, frame) => unit === ids[frame]).length;
    count += wanted.length;
    lacking += ids.length - wanted.length;
    found.push(ids.join(' '));
  }
  // The long ones once more take minutes, and say nothing new.
  const short = clips.filter(({ channels }) => channels[0]!.length < 20 * 16_000);
  const batch = await tokenizer.tokenizeBatch!(short);
  const isSame = batch.every(({ tracks }) => found.includes(tracks[0]!.ids.join(' ')));
  return {
    'units equal': `${((100 * equal) / count).toFixed(3)} % of ${count} in ${lengths.length} recordings`,
    'units that the authors lose': String(lacking),
    'batch equals its items': String(isSame),
  };
}

async function time(tokenizer: SpeechTokenizerV1, folder: string): Promise<Record<string, string>> {
  const [samples] = syntheticChannels(Number(values.seconds), 16_000, 1);
  const authors = await startAuthors(folder, samples!);
  const times: { readonly ours: number; readonly ratio: number }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const start = performance.now();
    await tokenizer.tokenize({ sampleRateHz: 16_000, channels: [samples!] });
    const ours = (performance.now() - start) / 1000;
    times.push({ ours, ratio: authors === undefined ? Number.NaN : (await authors.time('once')) / ours });
  }
  authors?.stop();
  const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
  return {
    [`${values.seconds} s, ${values.threads} threads`]: `${median(times.map(({ ours }) => ours)).toFixed(2)} s`,
    "authors' code": authors === undefined ? '–' : `${median(times.map(({ ratio }) => ratio)).toFixed(2)}×`,
    load: loadavg()[0]!.toFixed(1),
  };
}

async function startAuthors(folder: string, samples: Float32Array): Promise<TimedProcess | undefined> {
  const { python, 'glm-source': source, threads } = values;
  if (python === undefined || source === undefined || basename(folder) !== 'glm-4-voice') return undefined;
  const path = join(await mkdtemp(join(tmpdir(), 'bench-')), 'samples.f32');
  await writeFile(path, new Uint8Array(samples.buffer));
  const script = fileURLToPath(new URL('../../../reference/time_glm_voice.py', import.meta.url));
  const process = await startTimedProcess(python, [script, folder, path, '--glm-source', source, '--threads', threads]);
  await rm(dirname(path), { recursive: true });
  return process;
}
