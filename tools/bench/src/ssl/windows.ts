/**
 * What windows change: the units of a long recording in windows, against those of the whole of it, as the share of frames
 * with another unit and as unit edit distance.
 * usage: pnpm bench ssl-windows CHECKPOINT RECORDING… [--layer 6] [--whole 60,30,20] [--context 10,5,2] [--threads 2]
 *        [--centroids centroids-l6.npy]   a file of the checkpoint's folder: centroids-k500.safetensors in that of codec-ssl
 *        [--seconds 100]   the recordings, one after another, up to this length
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAudioClip } from '@speech-tokens/audio-files';
import { type FeatureEncoder, openFeatureEncoder, readCentroids } from '@speech-tokens/codec-ssl';
import { editDistance } from '@speech-tokens/measures';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    layer: { type: 'string', default: '6' },
    centroids: { type: 'string' },
    whole: { type: 'string', default: '60,30,20' },
    context: { type: 'string', default: '10,5,2' },
    threads: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '100' },
  },
});
const [folder = '.', ...recordings] = positionals;
const layer = Number(values.layer);
const threadCount = Number(values.threads);
const centroids = await readCentroids(join(folder, values.centroids ?? `centroids-l${layer}.npy`));
const sampleCount = Number(values.seconds) * 16_000;
const samples = new Float32Array(sampleCount);
for (let at = 0, i = 0; at < sampleCount && i < recordings.length; i++) {
  const clip = await readAudioClip(recordings[i]!, { format: { sampleRateHz: 16_000, channelCount: 1 } });
  samples.set(clip.channels[0]!.subarray(0, sampleCount - at), at);
  at += clip.channels[0]!.length;
}

const whole = await unitsWith({ wholeFrames: 50 * Number(values.seconds), contextFrames: 0 });
const rows = [];
for (const wholeSeconds of values.whole.split(',').map(Number)) {
  for (const contextSeconds of values.context.split(',').map(Number)) {
    if (wholeSeconds <= 2 * contextSeconds) continue;
    const units = await unitsWith({ wholeFrames: 50 * wholeSeconds, contextFrames: 50 * contextSeconds });
    const changed = units.filter((unit, i) => unit !== whole[i]).length;
    rows.push({
      'window s': wholeSeconds,
      'context s': contextSeconds,
      'other units': `${((100 * changed) / whole.length).toFixed(2)} %`,
      'unit edit distance': `${((100 * editDistance(whole, units)!) / whole.length).toFixed(2)} %`,
    });
    console.log(Object.values(rows.at(-1)!).join('  '));
  }
}
console.table(rows);

async function unitsWith(windows: { wholeFrames: number; contextFrames: number }): Promise<Uint32Array> {
  const encoder: FeatureEncoder = await openFeatureEncoder(folder, { layer, windows, threadCount });
  const { values: features, frameCount, width } = await encoder.encode({ sampleRateHz: 16_000, channels: [samples] });
  await encoder.close();
  return Uint32Array.from({ length: frameCount }, (_, frame) =>
    nearest(features.subarray(frame * width, (frame + 1) * width)),
  );
}

function nearest(feature: Float32Array): number {
  const compared = projected(feature);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let k = 0; k < centroids.count; k++) {
    let distance = 0;
    for (let i = 0; i < compared.length; i++) {
      distance += (compared[i]! - centroids.values[k * centroids.width + i]!) ** 2;
    }
    if (distance < least) [best, least] = [k, distance];
  }
  return best;
}

function projected(feature: Float32Array): Float32Array {
  const { projection, width } = centroids;
  if (projection === undefined) return feature;
  return Float32Array.from({ length: width }, (_, row) =>
    feature.reduce((sum, value, i) => sum + value * projection.values[row * feature.length + i]!, 0),
  );
}
