import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, isSpeechTokensError } from '@speech-tokens/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  GraphBuilder,
  type GraphSession,
  importStream,
  multiplyDim,
  openGraphSession,
  openTfliteModel,
  reshape,
  symbolicDim,
} from '../src/index.ts';
import { largestDifference } from './run-graph.ts';
import { runFrames } from './run-tflite-frames.ts';
import { frameSamples, streamingPlan } from './streaming-tflite-plan.ts';
import { type ModelPlan, type OperatorPlan, writeTflite } from './write-tflite.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tflite-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function open(plan: ModelPlan, rounded = true): Promise<GraphSession> {
  const path = join(directory, 'model.tflite');
  await writeFile(path, writeTflite(plan));
  const model = await openTfliteModel(path);
  const g = new GraphBuilder('test');
  const frames = symbolicDim('frames');
  const samples = multiplyDim(frames, frameSamples);
  const size = { rows: frameSamples, channels: 1 };
  const x = reshape(g, g.input('samples', 'float32', [samples]), [samples, 1]);
  const y = importStream(g, model, frames, { x, ...size }, size, { rounded });
  g.output('samples_out', reshape(g, y, [samples]));
  return await openGraphSession(g.build(), { weightsDirectory: model.checkpoint.directory });
}

const noise = (seed: string, frames: number): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length: frames * frameSamples }, () => random.nextGaussian());
};

async function run(session: GraphSession, samples: Float32Array, framesPerRun: number): Promise<Float32Array> {
  const state = session.createState();
  const result = new Float32Array(samples.length);
  for (let at = 0; at < samples.length; at += framesPerRun * frameSamples) {
    const values = samples.subarray(at, at + framesPerRun * frameSamples);
    const { samples_out } = await session.run({ samples: { values, shape: [values.length] } }, state);
    result.set(samples_out!, at);
  }
  return result;
}

describe('many frames at once', () => {
  test('give what one frame per call gives, with variables between the calls', async () => {
    for (const seed of ['1', '2', '3']) {
      const plan = streamingPlan(seed);
      const samples = noise(seed, 40);
      const frames = Array.from({ length: 40 }, (_, i) => [...samples.slice(i * frameSamples, (i + 1) * frameSamples)]);
      const wanted = runFrames(plan, frames).flat();
      const session = await open(plan);
      const whole = await run(session, samples, 40);
      expect(largestDifference(whole, wanted)).toBeLessThan(1e-4);
      expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(1);
      for (const framesPerRun of [1, 3]) expect(await run(session, samples, framesPerRun)).toEqual(whole);
      await session.close();
    }
  });

  test('in reals come near to what the integers give', async () => {
    const samples = noise('reals', 40);
    const plan = streamingPlan('1');
    const [rounded, reals] = [await open(plan, true), await open(plan, false)];
    const [a, b] = [await run(rounded, samples, 40), await run(reals, samples, 40)];
    const energy = (values: Float32Array): number => values.reduce((sum, x) => sum + x * x, 0);
    const error = energy(a.map((x, i) => x - b[i]!)) / energy(b);
    expect(error).toBeGreaterThan(1e-6);
    // Grids of 8 bits, some of which saturate.
    expect(error).toBeLessThan(0.2);
    await rounded.close();
    await reals.close();
  });
});

describe('a model that is no stream of this kind', () => {
  const refusal = async (
    change: (operators: OperatorPlan[], plan: ModelPlan) => ModelPlan | undefined,
  ): Promise<string> => {
    const plan = streamingPlan('1');
    const [main, start] = plan.subgraphs;
    const operators = [...main!.operators];
    const changed = change(operators, plan) ?? { ...plan, subgraphs: [{ ...main!, operators }, start!] };
    const error = await open(changed).catch((cause: unknown) => cause);
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    return error.message;
  };
  const at = (operators: readonly OperatorPlan[], code: number): number =>
    operators.findIndex((one) => one.code === code);
  const patch = (code: number, changes: Partial<OperatorPlan>) => (operators: OperatorPlan[]) => {
    const i = at(operators, code);
    operators[i] = { ...operators[i]!, ...changes };
    return undefined;
  };

  test.each([
    ['an unknown operator', patch(98, { code: 28 }), /at operator 28.*found operator 28, wanted ADD, ASSIGN/s],
    ['another padding', patch(3, { options: { 0: { byte: 0 }, 1: 1, 2: 4 } }), /found padding 0, wanted padding 1/],
    [
      'gaps between frames',
      patch(3, { options: { 0: { byte: 1 }, 1: 1, 2: 2 } }),
      /kernel of 8 with stride 2.*over 4 \+ 8/s,
    ],
    ['a fused activation', patch(0, { options: { 0: { byte: 1 } } }), /fusedActivation 1/],
    ['another dilation', patch(4, { options: { 0: { byte: 1 }, 1: 1, 2: 1, 3: 1, 6: 1 } }), /dilation 1 over 4 \+ 2/],
    ['a slope above 1', patch(98, { options: { 0: { float: 2 } } }), /slope 2, wanted a slope between/],
    ['inputs that are missing', patch(0, { inputs: [] }), /found 0 inputs|nothing has computed/],
    [
      'a slice of the middle',
      (operators: OperatorPlan[]) => {
        const i = at(operators, 45);
        operators[i] = { ...operators[i]!, options: { 0: 13, 1: 13 } };
        return undefined;
      },
      /rows 8 to 0 of 12/,
    ],
    [
      'a variable that is not set',
      (operators: OperatorPlan[]) => {
        operators.splice(at(operators, 144), 1);
        return undefined;
      },
      /layer-0\/states read and not set/,
    ],
    [
      'operators in another order',
      (operators: OperatorPlan[]) => {
        operators.reverse();
        return undefined;
      },
      /nothing has computed/,
    ],
    [
      'variables that do not start as zeros',
      (_: OperatorPlan[], plan: ModelPlan) => {
        const [main, start] = plan.subgraphs;
        const tensors = start!.tensors.map((t) =>
          t.values === undefined ? t : { ...t, values: t.values.map(() => 1) },
        );
        return { ...plan, subgraphs: [main!, { ...start!, tensors }] };
      },
      /variables that start as zeros/,
    ],
    [
      'another frame',
      (_: OperatorPlan[], plan: ModelPlan) => {
        const [main, start] = plan.subgraphs;
        const tensors = main!.tensors.map((t, i) => (i === main!.inputs[0] ? { ...t, shape: [1, 16] } : t));
        return { ...plan, subgraphs: [{ ...main!, tensors }, start!] };
      },
      /an input float32 \[1, 16\], wanted float32 \[1, 8, 1, 1\]/,
    ],
    [
      'a huge variable',
      (_: OperatorPlan[], plan: ModelPlan) => {
        const [main, start] = plan.subgraphs;
        const huge = (shape: readonly number[]): number[] => shape.map((size) => (size === 4 ? 2_000_000_000 : size));
        const tensors = main!.tensors.map((t) =>
          t.shape.join() === '1,4,1,1' || t.shape.join() === '1,12,1,1' ? { ...t, shape: huge(t.shape) } : t,
        );
        return { ...plan, subgraphs: [{ ...main!, tensors }, start!] };
      },
      /2000000000 values carried/,
    ],
  ])('%s is refused', async (_, change, message) => {
    expect(await refusal(change)).toMatch(message);
  });
});
