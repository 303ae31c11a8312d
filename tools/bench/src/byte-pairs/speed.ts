/**
 * Byte pairs of speech-like units: training and encoding, beside Hugging Face tokenizers on the same units.
 * usage: pnpm bench byte-pairs [--units 10000000] [--codebook 500] [--vocabularies 5000,20000] [--python PYTHON]
 * PYTHON has numpy and tokenizers; without it, only ours is measured.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { createBytePairCoder, trainBytePairs } from '@speech-tokens/core';
import { speechLikeUnits } from './speech-like-units.ts';

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '10000000' },
    codebook: { type: 'string', default: '500' },
    vocabularies: { type: 'string', default: '5000,20000' },
    python: { type: 'string' },
  },
});
const minFrequency = 2;
const unitCount = Number(values.codebook);
const script = fileURLToPath(new URL('../../../reference/time_byte_pairs.py', import.meta.url));

interface Measured {
  readonly trainSeconds: number;
  readonly encodeSeconds: number;
  /** Of all threads: what a busy machine does not change much. */
  readonly trainCpuSeconds: number;
  readonly encodeCpuSeconds: number;
  readonly peakMemoryMegabytes: number;
  readonly mergeCount: number;
  readonly tokenCount: number;
  readonly mergesSha256: string;
  readonly idsSha256: string;
}

const recordings = speechLikeUnits({ unitCount, total: Number(values.units), seed: 'byte pairs' });
const total = recordings.reduce((sum, units) => sum + units.length, 0);
console.log(`${total} units of ${unitCount} in ${recordings.length} recordings`);
const rows: Record<string, string | number>[] = [];
for (const vocabularySize of values.vocabularies.split(',').map(Number)) {
  const ours = await measureOurs(vocabularySize);
  rows.push(rowOf('ours', vocabularySize, ours));
  if (values.python === undefined) continue;
  const theirs = await measureTheirs(values.python, vocabularySize);
  rows.push({ ...rowOf('tokenizers', vocabularySize, theirs), ...comparison(ours, theirs) });
}
console.table(rows);

function rowOf(by: string, vocabularySize: number, measured: Measured): Record<string, string | number> {
  const row = {
    by,
    vocabulary: vocabularySize,
    merges: measured.mergeCount,
    'units per token': (total / measured.tokenCount).toFixed(3),
    'train s (CPU)': `${measured.trainSeconds.toFixed(1)} (${measured.trainCpuSeconds.toFixed(1)})`,
    'encode s (CPU)': `${measured.encodeSeconds.toFixed(1)} (${measured.encodeCpuSeconds.toFixed(1)})`,
    'peak MB': Math.round(measured.peakMemoryMegabytes),
    load: loadavg()[0]!.toFixed(1),
  };
  console.log(Object.values(row).join('  '));
  return row;
}

function comparison(ours: Measured, theirs: Measured): Record<string, string> {
  const times = (key: 'train' | 'encode'): string => {
    const [wall, cpu] = [`${key}Seconds`, `${key}CpuSeconds`] as const;
    return `${(theirs[wall] / ours[wall]).toFixed(1)} (${(theirs[cpu] / ours[cpu]).toFixed(1)})`;
  };
  const yes = (isEqual: boolean): string => (isEqual ? 'equal' : 'DIFFERENT');
  return {
    'train, times': times('train'),
    'encode, times': times('encode'),
    'merges are': yes(ours.mergesSha256 === theirs.mergesSha256),
    'ids are': yes(ours.idsSha256 === theirs.idsSha256),
  };
}

async function measureOurs(vocabularySize: number): Promise<Measured> {
  let stop = stopwatch();
  const merges = await trainBytePairs(recordings, { unitCount, vocabularySize, minFrequency });
  const training = stop();
  const coder = createBytePairCoder(merges);
  for (const units of recordings.slice(0, 10)) coder.encode(units);
  stop = stopwatch();
  const encoded = recordings.map((units) => coder.encode(units));
  const encoding = stop();
  for (const [index, ids] of encoded.entries()) {
    if (index % 100 === 0 && !equal(coder.decode(ids), recordings[index]!))
      throw new Error('decode is not the inverse');
  }
  return {
    trainSeconds: training.seconds,
    encodeSeconds: encoding.seconds,
    trainCpuSeconds: training.cpuSeconds,
    encodeCpuSeconds: encoding.cpuSeconds,
    // Of the whole process, the units and what they were made with included.
    peakMemoryMegabytes: process.resourceUsage().maxRSS / 1000,
    mergeCount: merges.pairs.length / 2,
    tokenCount: encoded.reduce((sum, ids) => sum + ids.length, 0),
    mergesSha256: hash([merges.pairs]),
    idsSha256: hash(encoded),
  };
}

function stopwatch(): () => { readonly seconds: number; readonly cpuSeconds: number } {
  const [startMs, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - startMs) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
}

async function measureTheirs(python: string, vocabularySize: number): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const [unitsFile, lengthsFile] = [join(directory, 'units.u32'), join(directory, 'lengths.u32')];
    await writeFile(unitsFile, Buffer.concat(recordings.map(bytesOf)));
    await writeFile(lengthsFile, bytesOf(Uint32Array.from(recordings, (units) => units.length)));
    const options = ['--units', String(unitCount), '--vocabulary', String(vocabularySize)];
    const args = [script, unitsFile, lengthsFile, ...options, '--min-frequency', String(minFrequency)];
    const { stdout } = await promisify(execFile)(python, args);
    return JSON.parse(stdout.trim().split('\n').at(-1)!);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function bytesOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function hash(arrays: readonly Uint32Array[]): string {
  const hasher = createHash('sha256');
  for (const numbers of arrays) hasher.update(bytesOf(numbers));
  return hasher.digest('hex');
}

function equal(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
