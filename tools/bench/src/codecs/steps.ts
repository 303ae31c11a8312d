/**
 * One frame at a time through the streaming codecs: the time of a step, both ways.
 * usage: pnpm bench steps CHECKPOINTS [--only NAME,…] [--threads 1] [--seconds 20] [--codebooks K]
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { TokenGrid } from '@speech-tokens/core';
import { findCheckpoints, syntheticChannels } from './checkpoints.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '20' },
    codebooks: { type: 'string' },
  },
});
const quantile = (times: readonly number[], q: number): string =>
  times.toSorted((a, b) => a - b)[Math.floor(q * (times.length - 1))]!.toFixed(2);

const rows: Record<string, string | number>[] = [];
for (const checkpoint of await findCheckpoints(
  positionals[0] ?? '.',
  values.only === '' ? [] : values.only.split(','),
)) {
  const { tokenizer, detokenizer } = await checkpoint.load(Number(values.threads));
  const { sampleRateHz, channelCount } = tokenizer.audioFormat;
  const hop = Math.max(...tokenizer.tokenSpace.codebooks.map(({ hopSamples }) => hopSamples ?? 0));
  const settings = values.codebooks === undefined ? {} : { codebookCount: Number(values.codebooks) };
  const channels = syntheticChannels(Number(values.seconds), sampleRateHz, channelCount);
  const encoder = await tokenizer.streaming?.open(settings);
  const decoder = await detokenizer.streaming?.open();
  if (encoder === undefined || decoder === undefined) continue;
  const steps = { encode: [] as number[], decode: [] as number[] };
  for (let at = 0; at + hop <= channels[0]!.length; at += hop) {
    const piece = channels.map((channel) => channel.subarray(at, at + hop));
    let start = performance.now();
    const grids: readonly TokenGrid[] = await encoder.push({ sampleRateHz, startSample: at, channels: piece });
    steps.encode.push(performance.now() - start);
    for (const grid of grids) {
      start = performance.now();
      await decoder.push(grid);
      steps.decode.push(performance.now() - start);
    }
  }
  for (const [side, times] of Object.entries(steps)) {
    // The first steps load caches and choose kernels.
    const settled = times.slice(Math.min(10, times.length - 1));
    rows.push({
      codec: checkpoint.name,
      step: `${side}, ${((hop / sampleRateHz) * 1000).toFixed(0)} ms`,
      steps: settled.length,
      'median ms': quantile(settled, 0.5),
      '99th percentile ms': quantile(settled, 0.99),
      load: loadavg()[0]!.toFixed(1),
    });
  }
  await tokenizer.close();
  await detokenizer.close();
}
console.log(`${values.threads} threads`);
console.table(rows);
