/**
 * Speed of the bundled codec: whole clips, and one frame at a time.
 * usage: codec-speed.ts [--threads 1] [--runs 5]
 */
import { parseArgs } from 'node:util';
import { loadBundledCodec, syntheticSamples } from './bundled-codec.ts';

const { values } = parseArgs({
  options: { threads: { type: 'string', default: '1' }, runs: { type: 'string', default: '5' } },
});
const runs = Number(values.runs);
const threadCount = Number(values.threads);
const { tokenizer, detokenizer } = await loadBundledCodec(threadCount);

const sorted = (times: number[]): number[] => times.toSorted((a, b) => a - b);
const quantile = (times: number[], q: number): number => sorted(times)[Math.floor(q * (times.length - 1))]!;

const table: Record<string, string | number>[] = [];
for (const seconds of [10, 60]) {
  const clip = { sampleRateHz: 16_000, channels: [syntheticSamples(seconds)] };
  const grid = await tokenizer.tokenize(clip);
  await detokenizer.detokenize(grid);
  const measure = async (call: () => Promise<unknown>): Promise<string> => {
    const times: number[] = [];
    for (let i = 0; i < runs; i++) {
      const start = performance.now();
      await call();
      times.push((performance.now() - start) / 1000);
    }
    return `${(seconds / quantile(times, 0.5)).toFixed(0)} (${(seconds / quantile(times, 1)).toFixed(0)} to ${(seconds / quantile(times, 0)).toFixed(0)})`;
  };
  table.push({
    audio: `${seconds} s`,
    threads: threadCount,
    'encode, × real time': await measure(() => tokenizer.tokenize(clip)),
    'decode, × real time': await measure(() => detokenizer.detokenize(grid)),
  });
}
console.table(table);

const samples = syntheticSamples(20);
const [encoder, decoder] = [await tokenizer.streaming!.open(), await detokenizer.streaming!.open()];
const steps = { encode: [] as number[], decode: [] as number[] };
for (let at = 0; at < samples.length; at += 320) {
  let start = performance.now();
  const grids = await encoder.push({
    sampleRateHz: 16_000,
    startSample: at,
    channels: [samples.subarray(at, at + 320)],
  });
  steps.encode.push(performance.now() - start);
  start = performance.now();
  for (const grid of grids) await decoder.push(grid);
  if (grids.length > 0) steps.decode.push(performance.now() - start);
}
console.table(
  Object.entries(steps).map(([side, times]) => ({
    'one 20 ms frame': side,
    'median ms': quantile(times, 0.5).toFixed(2),
    '99th percentile ms': quantile(times, 0.99).toFixed(2),
  })),
);
