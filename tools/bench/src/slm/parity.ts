/**
 * Greedy ids and logits of language models against those of PyTorch that lie beside a checkpoint of
 * tools/reference/make_language_models.py; and what 8 and 4 bits change: along PyTorch's ids, how many best ids are others,
 * and how far all logits are off, against their own spread.
 * usage: pnpm bench slm-parity CHECKPOINT … [--threads 2] [--bits 32,8,4] [--steps 200]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSafetensorsHeader } from '@speech-tokens/core';
import { type ModelOptions, openCsm, openFlatDecoder } from '@speech-tokens/slm-runtime';
import { greatest } from './greatest.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    bits: { type: 'string', default: '32,8,4' },
    steps: { type: 'string', default: '200' },
  },
});
const [threadCount, steps] = [Number(values.threads), Number(values.steps)];

/** Every choice that a model made along PyTorch's ids: the best id that it had, and its logits where they are to be kept. */
interface Choice {
  readonly best: number;
  readonly logits: Float32Array;
}

interface Reference {
  /** Logits `[ids]` of the first choice, by PyTorch. */
  readonly first: Float32Array;
  /** The ids that PyTorch chose, in order. */
  readonly ids: Int32Array;
  /** Gives a model the prompt and PyTorch's ids, and looks at all of its choices. */
  run(options: ModelOptions, look: (choice: Choice, index: number) => void): Promise<void>;
}

const rows = [];
for (const folder of positionals) {
  const reference = await readReference(folder);
  const exact: Float32Array[] = [];
  for (const bits of values.bits.split(',').map(Number)) {
    let [others, squares, spread, firstDifference] = [0, 0, 0, 0];
    const options: ModelOptions = bits === 32 ? { threadCount } : { threadCount, weightBits: bits as 4 | 8 };
    await reference.run(options, ({ best, logits }, i) => {
      if (best !== reference.ids[i]) others++;
      if (i === 0) firstDifference = greatestDifference(logits, reference.first);
      // Of each, the first thousand logits are kept: enough for a mean.
      const some = logits.slice(0, 1000);
      if (bits === 32) exact.push(some);
      const wanted = exact[i];
      if (wanted === undefined) return;
      const mean = wanted.reduce((sum, value) => sum + value, 0) / wanted.length;
      for (const [id, value] of some.entries()) {
        squares += (value - wanted[id]!) ** 2;
        spread += (wanted[id]! - mean) ** 2;
      }
    });
    rows.push({
      model: folder.split('/').at(-1)!,
      bits,
      'other best ids': `${others} of ${reference.ids.length}`,
      'first logits, greatest difference': firstDifference.toExponential(1),
      'error of logits / their deviation': exact.length === 0 ? '' : Math.sqrt(squares / spread).toExponential(1),
    });
    console.log(Object.values(rows.at(-1)!).join('  '));
  }
}
console.table(rows);

function greatestDifference(found: Float32Array, wanted: Float32Array): number {
  return found.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0);
}

async function readReference(folder: string): Promise<Reference> {
  const path = join(folder, 'reference.safetensors');
  const bytes = new Uint8Array(await readFile(path));
  const { tensors } = parseSafetensorsHeader(bytes, bytes.length, { path });
  const read = (name: string): ArrayBuffer => {
    const { offsetBytes, sizeBytes } = tensors.get(name)!;
    return bytes.slice(offsetBytes, offsetBytes + sizeBytes).buffer;
  };
  const prompt = new Int32Array(read('prompt'));
  const logits = new Float32Array(read('logits'));
  const paths = { config: join(folder, 'config.json'), weights: join(folder, 'model.safetensors') };
  const { model_type: kind } = JSON.parse(await readFile(paths.config, 'utf8'));
  if (kind === 'csm') {
    const codebookCount = JSON.parse(await readFile(paths.config, 'utf8')).num_codebooks as number;
    const ids = new Int32Array(read('frames')).subarray(0, steps * codebookCount);
    return { first: logits, ids, run: (options, look) => runCsm(paths, options, prompt, ids, look) };
  }
  const ids = new Int32Array(read('ids')).subarray(0, steps);
  const first = logits.slice(-logits.length / prompt.length);
  return { first, ids, run: (options, look) => runFlat(paths, options, prompt, ids, look) };
}

type Paths = { readonly config: string; readonly weights: string };
type Look = Parameters<Reference['run']>[1];

async function runFlat(paths: Paths, options: ModelOptions, prompt: Int32Array, ids: Int32Array, look: Look) {
  const decoder = await openFlatDecoder(paths, { ...options, capacityPositions: prompt.length + ids.length });
  const sequence = decoder.createSequence();
  let next = prompt;
  for (let i = 0; i < ids.length; i++) {
    const { logits } = await sequence.run(next);
    look({ best: greatest(logits), logits }, i);
    next = ids.subarray(i, i + 1);
  }
  await decoder.close();
}

async function runCsm(paths: Paths, options: ModelOptions, prompt: Int32Array, ids: Int32Array, look: Look) {
  const model = await openCsm(paths, options);
  const session = await model.open();
  const codebookCount = model.streams.length - 1;
  let row = prompt;
  for (let frame = 0; frame < ids.length / codebookCount; frame++) {
    row = Int32Array.from(
      await session.step(row, ({ stream }, logits) => {
        const at = frame * codebookCount + stream;
        look({ best: greatest(logits), logits: logits.slice() }, at);
        return ids[at]!;
      }),
    );
  }
  await model.close();
}
