// Units of your own: k-means and byte pairs are trained on a folder of recordings, and used on them.
//   node own-units.ts recordings/ --encoder hubert-base --layer 6
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readAudioClip } from '@speech-tokens/audio-files';
import plugin, { createKmeansTrainer, openFeatureEncoder, writeUnitsFolder } from '@speech-tokens/codec-ssl';
import {
  bytePair,
  createBytePairCoder,
  findComponent,
  mergeRepeats,
  type TokenGrid,
  trainBytePairs,
} from '@speech-tokens/core';
import { createModelStore, withCheckpointDirectory, writeMergesFile, writeTokenFile } from '@speech-tokens/core/node';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** A folder with config.json, preprocessor_config.json and weights, as on the Hugging Face hub. */
    encoder: { type: 'string' },
    layer: { type: 'string', default: '6' },
    clusters: { type: 'string', default: '100' },
    vocabulary: { type: 'string', default: '1000' },
    out: { type: 'string', default: 'own-units' },
  },
});
const { encoder: encoderDirectory, out } = values;
const [folder = 'recordings'] = positionals;
if (encoderDirectory === undefined) throw new Error('Say which encoder: --encoder DIR');
const recordings = (await readdir(folder)).filter((name) => /\.(wav|flac|mp3|ogg|opus)$/i.test(name)).sort();

// 1. Centroids: features of one layer of the encoder, clustered. The same seed gives the same centroids.
const encoder = await openFeatureEncoder(encoderDirectory, { layer: Number(values.layer) });
const trainer = createKmeansTrainer({ width: encoder.width, clusterCount: Number(values.clusters), seed: 'own' });
for (const name of recordings) {
  const clip = await readAudioClip(join(folder, name), { format: encoder.audioFormat });
  trainer.add((await encoder.encode(clip)).values);
}
const fit = await trainer.fit();
console.log(`${fit.centroids.count} centroids from ${fit.frameCount} frames, ${fit.iterations} passes`);
await mkdir(out, { recursive: true });
await writeUnitsFolder(out, fit, { encoder, encoderDirectory, seed: 'own' });
await encoder.close();

// 2. Units: the folder that was written is a tokenizer, here and in `speech-tokens tokenize --checkpoint`.
const component = findComponent(plugin, 'tokenizer', 'ssl:units');
const tokenizer = await component.load({ models: withCheckpointDirectory(createModelStore(), out, component.models) });
const grids: TokenGrid[] = [];
for (const name of recordings) {
  grids.push(await tokenizer.tokenize(await readAudioClip(join(folder, name), { format: tokenizer.audioFormat })));
}
await tokenizer.close();

// 3. Repeats are merged (their lengths are kept), and byte pairs learnt of what is left.
const merged = grids.map((grid) => mergeRepeats.apply(grid));
const merges = await trainBytePairs(merged.map(unitsOf), {
  unitCount: fit.centroids.count,
  vocabularySize: Number(values.vocabulary),
});
await writeMergesFile(join(out, 'merges.json'), { merges });
const pairs = bytePair(createBytePairCoder(merges));
const tokens = merged.map((grid) => pairs.apply(grid));
console.log(`${count(grids)} units, ${count(merged)} without repeats, ${count(tokens)} tokens`);

// 4. To a file, and back: nothing was lost on the way.
for (const [i, grid] of tokens.entries()) {
  await writeTokenFile(join(out, `${recordings[i]}.tokens.safetensors`), [grid], { tokenSpace: grid.tokenSpace });
  const back = mergeRepeats.invert(pairs.invert(grid));
  const isSame = String(unitsOf(back)) === String(unitsOf(grids[i]!));
  console.log(`${recordings[i]}: ${unitsOf(grid).slice(0, 6).join(' ')} … ${isSame ? 'and back' : 'DIFFERS'}`);
}

function unitsOf({ tracks }: TokenGrid): Uint32Array {
  return tracks[0]!.ids;
}

function count(all: readonly TokenGrid[]): number {
  return all.reduce((sum, grid) => sum + unitsOf(grid).length, 0);
}
