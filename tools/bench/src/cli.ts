/**
 * The built command as a user runs it: time of a cold process on a short file, and peak memory on long ones, which are
 * made by joining the recordings of a folder.
 * usage: cli.ts RECORDINGS_DIR [--minutes 5,60] [--runs 5]
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createWavWriter, readAudioClip } from '@speech-tokens/audio-files';
import { runCli } from './run-cli.ts';

const { values, positionals } = parseArgs({
  options: { minutes: { type: 'string', default: '5,60' }, runs: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const [recordings] = positionals;
if (recordings === undefined) throw new Error('usage: cli.ts RECORDINGS_DIR');
const folder = await mkdtemp(join(tmpdir(), 'speech-tokens-bench-'));
const format = { sampleRateHz: 16_000, channelCount: 1 };

async function joinRecordings(seconds: number): Promise<string> {
  const path = join(folder, `${seconds}.wav`);
  const writer = await createWavWriter({ path, ...format, sampleFormat: 'int16' });
  const names = (await readdir(recordings!, { recursive: true })).filter((name) =>
    ['.flac', '.wav'].includes(extname(name)),
  );
  let left = seconds * format.sampleRateHz;
  for (let i = 0; left > 0; i++) {
    const clip = await readAudioClip(join(recordings!, names[i % names.length]!), { format });
    const samples = clip.channels[0]!.subarray(0, left);
    await writer.write({ sampleRateHz: format.sampleRateHz, channels: [samples] });
    left -= samples.length;
  }
  await writer.finish();
  return path;
}

try {
  const tokens = join(folder, 'out.safetensors');
  const decoded = join(folder, 'out.wav');
  const ten = await joinRecordings(10);
  const times: number[] = [];
  for (let i = 0; i < Number(values.runs); i++) {
    times.push((await runCli(['tokenize', ten, '--out', tokens, '--force'])).seconds);
  }
  const ordered = times.toSorted((a, b) => a - b).map((seconds) => seconds.toFixed(2));
  console.log(`cold process, tokenize 10 s: ${ordered.join(', ')} s`);
  const rows: Record<string, string>[] = [];
  for (const minutes of values.minutes.split(',').map(Number)) {
    const path = await joinRecordings(minutes * 60);
    const encode = await runCli(['tokenize', path, '--out', tokens, '--force']);
    const decode = await runCli(['detokenize', tokens, '--out', decoded, '--force']);
    rows.push({
      audio: `${minutes} min`,
      'tokenize, s': encode.seconds.toFixed(1),
      'peak MiB': encode.peakMebibytes.toFixed(0),
      'detokenize, s': decode.seconds.toFixed(1),
      'peak MiB ': decode.peakMebibytes.toFixed(0),
    });
  }
  console.table(rows);
} finally {
  await rm(folder, { recursive: true });
}
