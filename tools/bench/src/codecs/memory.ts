/**
 * Memory over a long stream: audio in pieces of a second through the tokenizer, its tokens through the detokenizer.
 * Each codec runs in a process of its own.
 * usage: pnpm bench memory CHECKPOINTS [--only NAME,…] [--minutes 60] [--threads 2]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findCheckpoints, syntheticChannels } from './checkpoints.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    minutes: { type: 'string', default: '60' },
    threads: { type: 'string', default: '2' },
    alone: { type: 'boolean', default: false },
  },
});
const [folder = '.'] = positionals;
const checkpoints = await findCheckpoints(folder, values.only === '' ? [] : values.only.split(','));
if (!values.alone) {
  for (const { name } of checkpoints) {
    const options = ['--only', name, '--minutes', values.minutes, '--threads', values.threads, '--alone'];
    const command = ['--conditions=@speech-tokens/source', fileURLToPath(import.meta.url), folder, ...options];
    const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} else {
  await streamThrough();
}

async function streamThrough(): Promise<void> {
  const [checkpoint] = checkpoints;
  const { tokenizer, detokenizer } = await checkpoint!.load(Number(values.threads));
  const { sampleRateHz, channelCount } = tokenizer.audioFormat;
  const second = syntheticChannels(1, sampleRateHz, channelCount);
  const encoder = await tokenizer.streaming!.open();
  const decoder = await detokenizer.streaming!.open();
  const seconds = Math.round(Number(values.minutes) * 60);
  const mebibytes = (): number => process.memoryUsage().rss / 2 ** 20;
  const marks: string[] = [];
  let samplesOut = 0;
  const started = performance.now();
  for (let at = 0; at < seconds; at++) {
    const grids = await encoder.push({ sampleRateHz, startSample: at * sampleRateHz, channels: second });
    for (const grid of grids) {
      for (const chunk of await decoder.push(grid)) samplesOut += chunk.channels[0]!.length;
    }
    if ((at + 1) % Math.ceil(seconds / 6) === 0) {
      marks.push(mebibytes().toFixed(0));
      const minutes = (performance.now() - started) / 60_000;
      console.error(
        `${checkpoint!.name}: ${at + 1} of ${seconds} s after ${minutes.toFixed(1)} min, ${marks.at(-1)} MiB`,
      );
    }
  }
  for (const grid of await encoder.flush()) {
    for (const chunk of await decoder.push(grid)) samplesOut += chunk.channels[0]!.length;
  }
  for (const chunk of await decoder.flush()) samplesOut += chunk.channels[0]!.length;
  const peak = process.resourceUsage().maxRSS / 1024;
  const tookSeconds = (performance.now() - started) / 1000;
  console.log(
    `${checkpoint!.name}: ${seconds} s of audio in ${tookSeconds.toFixed(0)} s, ${samplesOut} of ${seconds * sampleRateHz} samples back; ` +
      `MiB after each sixth: ${marks.join(', ')}; peak ${peak.toFixed(0)}`,
  );
}
