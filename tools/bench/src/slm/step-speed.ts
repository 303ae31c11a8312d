/**
 * Language models: the time of one step beside PyTorch, the same checkpoint and threads, one id after the other; then, with
 * sampling and layout, how much of a step passes outside ONNX Runtime, and when the first sound is there.
 * usage: pnpm bench slm CHECKPOINT … [--python PYTHON] [--threads 2] [--steps 40] [--context 64] [--bits 32,8,4]
 *   [--codecs FOLDER]  with checkpoints mimi and snac-24khz, for the first sound
 */
import { execFile } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { SpeechDetokenizerV1 } from '@speech-tokens/core';
import { streamAudio, streamingOf } from '@speech-tokens/slm-runtime';
import { findCheckpoints } from '../codecs/checkpoints.ts';
import { watchRuntime } from './runtime-time.ts';
import { openSpokenModel, type SpokenModel } from './spoken-model.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '40' },
    context: { type: 'string', default: '64' },
    bits: { type: 'string', default: '32,8,4' },
    codecs: { type: 'string' },
  },
});
const [threadCount, steps, context] = [values.threads, values.steps, values.context].map(Number) as [
  number,
  number,
  number,
];
const script = fileURLToPath(new URL('../../../reference/time_language_model.py', import.meta.url));
const runtime = watchRuntime();

const rows: Record<string, string | number>[] = [];
for (const folder of positionals) {
  const pytorch = values.python === undefined ? undefined : await timePytorch(values.python, folder);
  for (const bits of values.bits.split(',').map(Number)) {
    const before = performance.now();
    const options = bits === 32 ? { threadCount } : { threadCount, weightBits: bits as 4 | 8 };
    const model = await openSpokenModel(folder, context, options);
    const loadSeconds = (performance.now() - before) / 1000;
    const { median, least } = await stepTimes(model);
    const spoken = values.codecs === undefined ? undefined : await timeSpeech(model, values.codecs);
    await model.close();
    rows.push({
      model: folder.split('/').at(-1)!,
      bits,
      'load s': loadSeconds.toFixed(1),
      'step ms, median': median.toFixed(1),
      least: least.toFixed(1),
      PyTorch:
        pytorch === undefined ? '' : `${pytorch.medianMs.toFixed(1)} = ${(pytorch.medianMs / median).toFixed(2)}×`,
      'sampled step ms': spoken?.stepMs.toFixed(1) ?? '',
      'outside ONNX Runtime': spoken === undefined ? '' : `${(100 * spoken.outside).toFixed(1)} %`,
      'first sound ms': spoken?.firstSoundMs.toFixed(0) ?? '',
      'real-time factor': spoken?.realTimeFactor.toFixed(2) ?? '',
      load: loadavg()[0]!.toFixed(1),
    });
    console.log(Object.values(rows.at(-1)!).join('  '));
  }
}
console.log(`${threadCount} threads, ${steps} steps after ${context}`);
console.table(rows);

async function stepTimes(model: SpokenModel): Promise<{ readonly median: number; readonly least: number }> {
  await model.step();
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    await model.step();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { median: times[Math.floor(steps / 2)]!, least: times[0]! };
}

/** Once to the first sound, and once for as many steps after the prompt. */
async function timeSpeech(model: SpokenModel, codecs: string) {
  const detokenizer = await loadDetokenizer(model, codecs);
  const asked = performance.now();
  const sound = streamAudio(streamingOf(detokenizer, model.window), model.speak(detokenizer));
  await sound.next();
  const firstSoundMs = performance.now() - asked;
  await sound.return();

  const frames = model.speak(detokenizer);
  await frames.next();
  const stepCount = Math.ceil(steps / model.stepsPerFrame) * model.stepsPerFrame;
  runtime.take();
  const start = performance.now();
  let soundMs = 0;
  for (let step = 0; step < stepCount; step += model.stepsPerFrame) {
    const { value: grid } = await frames.next();
    soundMs += (1000 * grid!.sampleCount) / grid!.tokenSpace.sampleRateHz;
  }
  const tookMs = performance.now() - start;
  const outside = 1 - runtime.take() / tookMs;
  await frames.return();
  await detokenizer.close();
  return { stepMs: tookMs / stepCount, outside, firstSoundMs, realTimeFactor: tookMs / soundMs };
}

async function loadDetokenizer({ codecName }: SpokenModel, codecs: string): Promise<SpeechDetokenizerV1> {
  const [checkpoint] = await findCheckpoints(codecs, [codecName]);
  const { tokenizer, detokenizer } = await checkpoint!.load(threadCount);
  await tokenizer.close();
  return detokenizer;
}

async function timePytorch(python: string, folder: string): Promise<{ readonly medianMs: number }> {
  const args = [script, folder, '--threads', values.threads, '--steps', values.steps, '--context', values.context];
  const { stdout } = await promisify(execFile)(python, args);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}
