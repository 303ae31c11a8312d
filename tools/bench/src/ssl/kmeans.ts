/**
 * Our k-means beside scikit-learn's, on the same features of recordings: inertia, passes and time, from several seeds.
 * usage: pnpm bench kmeans ENCODER RECORDING… --python PYTHON [--layer 6] [--frames 50000] [--clusters 500] [--seeds 0,1]
 *        [--threads 1]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { readAudioClip } from '@speech-tokens/audio-files';
import { createKmeansTrainer, openFeatureEncoder } from '@speech-tokens/codec-ssl';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    layer: { type: 'string', default: '6' },
    frames: { type: 'string', default: '50000' },
    clusters: { type: 'string', default: '500' },
    seeds: { type: 'string', default: '0' },
    threads: { type: 'string', default: '1' },
  },
});
const [encoderFolder = '.', ...recordings] = positionals;
const threadCount = Number(values.threads);
const clusterCount = Number(values.clusters);
const { features, width } = await featuresOf(Number(values.frames));
console.log(`${features.length / width} frames of ${width}, ${clusterCount} clusters, ${threadCount} threads`);

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
const rows: Record<string, string | number>[] = [];
try {
  const path = join(folder, 'features.f32');
  await writeFile(path, new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
  for (const seed of values.seeds.split(',')) {
    const start = performance.now();
    const trainer = createKmeansTrainer({ width, clusterCount, seed, maxFrames: features.length / width });
    trainer.add(features);
    const fit = await trainer.fit({ threadCount });
    add('ours', seed, { ...fit, seconds: (performance.now() - start) / 1000 });
    if (values.python !== undefined) add('scikit-learn', seed, await scikitLearn(values.python, path, seed));
  }
} finally {
  await rm(folder, { recursive: true });
}
console.table(rows);

function add(
  name: string,
  seed: string,
  { inertia, iterations, seconds }: { readonly inertia: number; readonly iterations: number; readonly seconds: number },
): void {
  rows.push({ name, seed, inertia, passes: iterations, seconds: seconds.toFixed(1), load: loadavg()[0]!.toFixed(1) });
  console.log(Object.values(rows.at(-1)!).join('  '));
}

async function featuresOf(frameCount: number): Promise<{ readonly features: Float32Array; readonly width: number }> {
  const encoder = await openFeatureEncoder(encoderFolder, { layer: Number(values.layer), threadCount });
  const features = new Float32Array(frameCount * encoder.width);
  let at = 0;
  for (const path of recordings) {
    if (at === features.length) break;
    const { values: found } = await encoder.encode(await readAudioClip(path, { format: encoder.audioFormat }));
    const kept = found.subarray(0, features.length - at);
    features.set(kept, at);
    at += kept.length;
  }
  await encoder.close();
  return { features: features.subarray(0, at), width: encoder.width };
}

async function scikitLearn(python: string, path: string, seed: string) {
  const script = fileURLToPath(new URL('../../../reference/time_kmeans.py', import.meta.url));
  const options = ['--width', width, '--clusters', clusterCount, '--seed', seed, '--threads', threadCount].map(String);
  const { stdout } = await promisify(execFile)(python, [script, path, ...options]);
  return JSON.parse(stdout) as { inertia: number; iterations: number; seconds: number };
}
