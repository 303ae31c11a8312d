// A recording to tokens, to a file of them, and back to sound.
//   node quick-start.ts recording.wav
import { parseArgs } from 'node:util';
import { createWavWriter, readAudioClip } from '@speech-tokens/audio-files';
import codec from '@speech-tokens/codec-rvq';
import { bitrateBps, findComponent } from '@speech-tokens/core';
import { createModelStore, writeTokenFile } from '@speech-tokens/core/node';

const [recording = 'recording.wav'] = parseArgs({ allowPositionals: true }).positionals;

const context = { models: createModelStore() };
const tokenizer = await findComponent(codec, 'tokenizer', 'rvq:speech-16khz').load(context);
const detokenizer = await findComponent(codec, 'detokenizer', 'rvq:speech-16khz').load(context);
try {
  // Any format and rate: it is converted to what the tokenizer takes.
  const clip = await readAudioClip(recording, { format: tokenizer.audioFormat });
  for (const { message } of clip.warnings) console.warn(message);

  const grid = await tokenizer.tokenize(clip);
  const [coarsest] = grid.tracks;
  console.log(`${recording}: ${grid.tracks.length} codebooks × ${coarsest?.ids.length} frames`);
  for (const [index, track] of grid.tracks.entries()) {
    console.log(`  codebook ${index}: ${track.ids.slice(0, 8).join(' ')} …`);
  }
  await writeTokenFile('recording.safetensors', [grid], { tokenSpace: grid.tokenSpace });

  // The first codebooks alone decode too, at a lower bitrate and quality.
  for (const codebookCount of [8, 2]) {
    const decoded = await detokenizer.detokenize(grid, { codebookCount });
    const path = codebookCount === 8 ? 'decoded.wav' : `decoded-${codebookCount}-codebooks.wav`;
    const wav = await createWavWriter({ path, ...detokenizer.audioFormat, sampleFormat: 'int16' });
    await wav.write(decoded);
    await wav.finish();
    console.log(`${path}: ${bitrateBps(grid.tokenSpace, codebookCount)} bit/s`);
  }
} finally {
  await tokenizer.close();
  await detokenizer.close();
}
