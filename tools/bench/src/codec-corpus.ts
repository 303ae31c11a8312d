/**
 * The bundled codec over a folder of recordings: checks that streams in random pieces equal the whole, writes the
 * decoded audio at several numbers of codebooks (one folder each), and prints how the codebooks are used.
 * usage: codec-corpus.ts RECORDINGS_DIR OUT_DIR [--codebooks 8,4,2]
 */
import { mkdir, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createWavWriter, readAudioClip } from '@speech-tokens/audio-files';
import { type AudioClip, createRandom, joinGrids, type TokenGrid } from '@speech-tokens/core';
import { loadBundledCodec } from './bundled-codec.ts';

const { values, positionals } = parseArgs({
  options: { codebooks: { type: 'string', default: '8,4,2' } },
  allowPositionals: true,
});
const [recordings, out] = positionals;
if (recordings === undefined || out === undefined) throw new Error('usage: codec-corpus.ts RECORDINGS_DIR OUT_DIR');
const counts = values.codebooks.split(',').map(Number);

const { tokenizer, detokenizer } = await loadBundledCodec(1);
const paths = (await readdir(recordings, { recursive: true }))
  .filter((name) => ['.flac', '.wav'].includes(extname(name)))
  .map((name) => join(recordings, name))
  .toSorted();
const usage = tokenizer.tokenSpace.codebooks.map(({ size }) => new Float64Array(size));
let [sampleCount, different, frames] = [0, 0, 0];

for (const [index, path] of paths.entries()) {
  const clip = await readAudioClip(path, { format: tokenizer.audioFormat });
  const whole = await tokenizer.tokenize(clip);
  const streamed = await tokenizeInPieces(clip, `piece ${index}`);
  sampleCount += whole.sampleCount;
  frames += whole.tracks[0]!.ids.length;
  for (const [k, { ids }] of whole.tracks.entries()) {
    for (const [frame, id] of ids.entries()) {
      usage[k]![id]! += 1;
      if (streamed.tracks[k]!.ids[frame] !== id) different += 1;
    }
  }
  for (const count of counts) {
    const folder = join(out, `${count}`);
    await mkdir(folder, { recursive: true });
    const decoded = await detokenizer.detokenize(whole, { codebookCount: count });
    const writer = await createWavWriter({
      path: join(folder, `${basename(path, extname(path))}.wav`),
      ...detokenizer.audioFormat,
      sampleFormat: 'float32',
    });
    await writer.write(decoded);
    await writer.finish();
  }
}

console.log(`${paths.length} files, ${(sampleCount / 16_000 / 60).toFixed(1)} minutes, ${frames} frames`);
console.log(`codes that differ between whole files and streams in random pieces: ${different}`);
console.table(
  usage.map((histogram, k) => {
    const used = histogram.filter((n) => n > 0);
    const entropyBits = -used.reduce((sum, n) => sum + (n / frames) * Math.log2(n / frames), 0);
    return { codebook: k, 'codes used': used.length, 'entropy bits': entropyBits.toFixed(2) };
  }),
);

async function tokenizeInPieces(clip: AudioClip, seed: string): Promise<TokenGrid> {
  const random = createRandom(seed);
  const session = await tokenizer.streaming!.open();
  const samples = clip.channels[0]!;
  const grids: TokenGrid[] = [];
  for (let at = 0; at < samples.length; ) {
    const size = 1 + random.nextInteger(random.nextUnit() < 0.8 ? 2_000 : 60_000);
    const piece = samples.subarray(at, at + size);
    grids.push(...(await session.push({ ...clip, startSample: at, channels: [piece] })));
    at += piece.length;
  }
  grids.push(...(await session.flush()));
  return joinGrids(grids);
}
