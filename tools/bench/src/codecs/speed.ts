/**
 * Speed of the codecs beside PyTorch: the same checkpoints, audio and threads, taking turns.
 * usage: pnpm bench codecs CHECKPOINTS [--python PYTHON] [--snac-source DIR] [--only NAME,…] [--seconds 10,60]
 *        [--threads 2] [--runs 3]
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type CodecCheckpoint, findCheckpoints, syntheticChannels } from './checkpoints.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    'snac-source': { type: 'string' },
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10,60' },
    threads: { type: 'string', default: '2' },
    runs: { type: 'string', default: '3' },
  },
});
const runs = Number(values.runs);
const threadCount = Number(values.threads);
const script = fileURLToPath(new URL('../../../reference/time_pytorch.py', import.meta.url));

interface Times {
  readonly encodeSeconds: number;
  readonly decodeSeconds: number;
}

const only = values.only === '' ? [] : values.only.split(',');
const rows: Record<string, string | number>[] = [];
for (const checkpoint of await findCheckpoints(positionals[0] ?? '.', only)) {
  for (const seconds of values.seconds.split(',').map(Number)) {
    const { audioFormat, times, channels } = await timeOurs(checkpoint, seconds);
    const pytorch = values.python === undefined ? undefined : await timePytorch(values.python, checkpoint, channels);
    const side = (key: keyof Times): string => {
      const theirs =
        pytorch === undefined ? '' : ` / ${pytorch[key].toFixed(2)} = ${(pytorch[key] / times[key]).toFixed(1)}×`;
      return `${times[key].toFixed(2)}${theirs}`;
    };
    rows.push({
      codec: checkpoint.name,
      audio: `${seconds} s, ${audioFormat}`,
      'encode s (ours / PyTorch)': side('encodeSeconds'),
      'decode s (ours / PyTorch)': side('decodeSeconds'),
      load: loadavg()[0]!.toFixed(1),
    });
    console.log(Object.values(rows.at(-1)!).join('  '));
  }
}
console.log(`${threadCount} threads, fastest of ${runs} runs`);
console.table(rows);

async function timeOurs(checkpoint: CodecCheckpoint, seconds: number) {
  const { tokenizer, detokenizer } = await checkpoint.load(threadCount);
  const { sampleRateHz, channelCount } = tokenizer.audioFormat;
  const channels = syntheticChannels(seconds, sampleRateHz, channelCount);
  const clip = { sampleRateHz, channels };
  await tokenizer.tokenize({
    sampleRateHz,
    channels: channels.map((channel) => channel.subarray(0, channel.length / 10)),
  });
  const grid = await tokenizer.tokenize(clip);
  const times = {
    encodeSeconds: await fastest(() => tokenizer.tokenize(clip)),
    decodeSeconds: await fastest(() => detokenizer.detokenize(grid)),
  };
  await tokenizer.close();
  await detokenizer.close();
  return { audioFormat: `${sampleRateHz / 1000} kHz, ${channelCount} ch`, times, channels };
}

async function fastest(call: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await call();
    least = Math.min(least, (performance.now() - start) / 1000);
  }
  return least;
}

async function timePytorch(
  python: string,
  { name, folder }: CodecCheckpoint,
  channels: Float32Array[],
): Promise<Times> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const path = join(directory, 'samples.f32');
    await writeFile(path, Buffer.concat(channels.map((channel) => new Uint8Array(channel.buffer))));
    const source = values['snac-source'] === undefined ? [] : ['--snac-source', values['snac-source']];
    const options = ['--threads', String(threadCount), '--runs', String(runs), ...source];
    const args = [script, name, folder, path, String(channels.length), ...options];
    const { stdout } = await promisify(execFile)(python, args);
    return JSON.parse(stdout.trim().split('\n').at(-1)!);
  } finally {
    await rm(directory, { recursive: true });
  }
}
