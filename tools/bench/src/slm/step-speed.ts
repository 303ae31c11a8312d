/**
 * Time of one step of language models beside PyTorch: the same checkpoint and threads, one id after the other.
 * usage: pnpm bench slm CHECKPOINT … [--python PYTHON] [--threads 2] [--steps 40] [--context 64] [--bits 32,8,4]
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type ModelOptions, openCsm, openFlatDecoder } from '@speech-tokens/slm-runtime';
import { greatest } from './greatest.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '40' },
    context: { type: 'string', default: '64' },
    bits: { type: 'string', default: '32,8,4' },
  },
});
const [threadCount, steps, context] = [values.threads, values.steps, values.context].map(Number) as [
  number,
  number,
  number,
];
const script = fileURLToPath(new URL('../../../reference/time_language_model.py', import.meta.url));

interface Model {
  /** Reads what comes before. */
  start(): Promise<void>;
  step(): Promise<void>;
  close(): Promise<void>;
}

const rows: Record<string, string | number>[] = [];
for (const folder of positionals) {
  const pytorch = values.python === undefined ? undefined : await timePytorch(values.python, folder);
  for (const bits of values.bits.split(',').map(Number)) {
    const before = performance.now();
    const model = await open(folder, bits === 32 ? { threadCount } : { threadCount, weightBits: bits as 4 | 8 });
    const loadSeconds = (performance.now() - before) / 1000;
    await model.start();
    const times: number[] = [];
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      await model.step();
      times.push(performance.now() - start);
    }
    await model.close();
    times.sort((a, b) => a - b);
    const median = times[Math.floor(steps / 2)]!;
    rows.push({
      model: folder.split('/').at(-1)!,
      bits,
      'load s': loadSeconds.toFixed(1),
      'step ms, median': median.toFixed(1),
      least: times[0]!.toFixed(1),
      PyTorch:
        pytorch === undefined ? '' : `${pytorch.medianMs.toFixed(1)} = ${(pytorch.medianMs / median).toFixed(2)}×`,
      load: loadavg()[0]!.toFixed(1),
    });
    console.log(Object.values(rows.at(-1)!).join('  '));
  }
}
console.log(`${threadCount} threads, ${steps} steps after ${context}`);
console.table(rows);

async function open(folder: string, options: ModelOptions): Promise<Model> {
  const paths = { config: join(folder, 'config.json'), weights: join(folder, 'model.safetensors') };
  const { model_type: kind } = JSON.parse(await readFile(paths.config, 'utf8'));
  if (kind === 'csm') {
    const model = await openCsm(paths, options);
    const session = await model.open();
    const width = model.streams.length;
    let row = new Int32Array(width * context).fill(1);
    const step = async (): Promise<void> => {
      row = Int32Array.from(await session.step(row, (_, logits) => greatest(logits)));
    };
    return { start: step, step, close: () => model.close() };
  }
  const decoder = await openFlatDecoder(paths, { ...options, capacityPositions: 1024 });
  const sequence = decoder.createSequence();
  let ids = new Int32Array(context).fill(1);
  const step = async (): Promise<void> => {
    const { logits } = await sequence.run(ids);
    ids = Int32Array.of(greatest(logits));
  };
  return { start: step, step, close: () => decoder.close() };
}

async function timePytorch(python: string, folder: string): Promise<{ readonly medianMs: number }> {
  const args = [script, folder, '--threads', values.threads, '--steps', values.steps, '--context', values.context];
  const { stdout } = await promisify(execFile)(python, args);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}
