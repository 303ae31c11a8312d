import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphBuilder, importStream, matMul, openTfliteModel, symbolicDim, weightsOf } from '../src/index.ts';
import { readTfliteModel } from '../src/tflite/read-tflite-model.ts';
import { runOnce } from './run-graph.ts';
import { frameSamples, streamingPlan } from './streaming-tflite-plan.ts';
import { int32, table, tables, vector, writeFlatbuffer } from './write-flatbuffer.ts';
import { type ModelPlan, type OperatorPlan, type TensorPlan, writeTflite } from './write-tflite.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tflite-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function write(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return path;
}

const planOf = (tensors: readonly TensorPlan[], more: Partial<ModelPlan> = {}): ModelPlan => ({
  subgraphs: [{ name: 'main', tensors, inputs: [], outputs: [], operators: [] }],
  ...more,
});

/** What a reader says to bytes: nothing, or a typed refusal; anything else is thrown on. */
function refusal(bytes: Uint8Array): string | undefined {
  try {
    readTfliteModel(bytes, 'model.tflite');
    return undefined;
  } catch (error) {
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    return error.message;
  }
}

test('subgraphs, operators, options, signatures and quantization are what was written', () => {
  const plan = streamingPlan('read');
  const model = readTfliteModel(writeTflite(plan), 'model.tflite');
  const [main, start] = model.subgraphs;
  expect(model.subgraphs.map(({ name }) => name)).toEqual(['main', 'start']);
  expect(main!.tensors.map(({ shape, elementType }) => ({ shape, elementType }))).toEqual(
    plan.subgraphs[0]!.tensors.map(({ shape, type }) => ({ shape, elementType: type })),
  );
  expect(start!.operators[1]).toEqual({ code: 'ASSIGN_VARIABLE', inputs: [0, 1], outputs: [], options: {} });
  const codes = new Map(main!.operators.map((operator) => [operator.code, operator]));
  expect(codes.get('VAR_HANDLE')?.options.sharedName).toBe('layer-5/states');
  expect(codes.get('CONCATENATION')?.options).toEqual({ axis: 1, fusedActivation: 0 });
  expect(codes.get('LEAKY_RELU')?.options).toEqual({ alpha: Math.fround(0.3) });
  expect(codes.get('DEPTHWISE_CONV_2D')?.options).toMatchObject({ padding: 1, dilationWidth: 1, dilationHeight: 1 });
  expect(main!.operators.find(({ options }) => options.dilationHeight === 2)?.code).toBe('DEPTHWISE_CONV_2D');
  const filter = main!.tensors[codes.get('CONV_2D')!.inputs[1]!]!;
  expect(filter.quantization).toEqual({
    axis: 0,
    zeroPoints: [0, 0, 0, 0],
    scales: [0, 1, 2, 3].map((c) => Math.fround(0.012 * (1 + c / 7))),
  });
  const written = plan.subgraphs[0]!.tensors[codes.get('CONV_2D')!.inputs[1]!]!;
  expect([...new Int8Array(model.bytesOf(filter.constant!))]).toEqual(written.values);
  const [signature] = model.signatures;
  expect([signature!.name, signature!.subgraph]).toEqual(['serve', 0]);
  expect(signature!.inputs.get('audio')).toBe(main!.inputs[0]);
  expect(signature!.outputs.get('audio')).toBe(main!.outputs[0]);
});

test('constants are a checkpoint: a graph points to them where they lie', async () => {
  const weight: TensorPlan = { name: 'head', type: 'float32', shape: [2, 3], values: [1, -2, 0.5, 4, 0, -0.25] };
  const twice: TensorPlan = { name: 'same', type: 'int8', shape: [1], values: [7] };
  const path = await write('weights.tflite', writeTflite(planOf([weight, twice, twice, { ...weight, name: '' }])));
  const model = await openTfliteModel(path);
  expect([...model.checkpoint.tensors.keys()]).toEqual(['head', 'same#0.1', 'same#0.2', '#0.3']);
  const { y } = await runOnce(
    (g) => {
      const x = g.input('x', 'float32', [1, 2]);
      g.output('y', matMul(g, x, weightsOf(model.checkpoint).tensor(g, 'head', [2, 3])));
    },
    { x: { values: Float32Array.of(1, 10), shape: [1, 2] } },
    model.checkpoint.directory,
  );
  expect([...y!]).toEqual([41, -2, -2]);
});

test('values behind the flatbuffer, as in files of more than 2 GB, are found', () => {
  const size = (buffer: ReturnType<typeof table>): Uint8Array =>
    writeFlatbuffer(
      table({
        0: int32(3),
        2: tables([table({ 0: tables([table({ 0: vector(Int32Array.of(2)), 2: int32(0) })]) })]),
        4: tables([buffer]),
      }),
      'TFL3',
    );
  const at = (offset: number): ReturnType<typeof table> =>
    table({
      1: { kind: 'scalar', bytes: new Uint8Array(BigInt64Array.of(BigInt(offset)).buffer) },
      2: { kind: 'scalar', bytes: new Uint8Array(BigInt64Array.of(8n).buffer) },
    });
  const { length } = size(at(0));
  const bytes = Buffer.concat([size(at(length)), new Uint8Array(Float32Array.of(1.5, -2).buffer)]);
  const model = readTfliteModel(bytes, 'model.tflite');
  expect(model.subgraphs[0]!.tensors[0]!.constant).toMatchObject({ offsetBytes: length, sizeBytes: 8, shape: [2] });
  expect(refusal(size(at(length)))).toMatch(/found values of "" up to byte \d+ of \d+, wanted values inside the file/);
});

test.each<[string, ModelPlan, RegExp]>([
  ['another version', planOf([], { version: 2 }), /found schema version 2, wanted schema version 3/],
  ['another identifier', planOf([], { identifier: 'TFL9' }), /found the identifier "TFL9", wanted the identifier TFL3/],
  [
    'values that are too few',
    planOf([{ name: 'w', type: 'float32', shape: [2, 3], values: [1] }]),
    /found 4 bytes of values for "w", wanted float32 \[2, 3\]/,
  ],
  [
    'scales that do not fit',
    planOf([{ name: 'w', type: 'int8', shape: [2], scales: [1, 2, 3] }]),
    /"w" with 3 scales and 3 zero points, wanted positive scales, one or as many as the length of axis 0/,
  ],
  ['a scale of 0', planOf([{ name: 'w', type: 'int8', shape: [2], scales: [0] }]), /wanted positive scales/],
  ['a negative length', planOf([{ name: 'w', type: 'int8', shape: [-2] }]), /the tensor "w" of shape \[-2\]/],
  [
    'an operator on a tensor that is not there',
    {
      subgraphs: [
        { name: '', tensors: [], inputs: [], outputs: [], operators: [{ code: 0, inputs: [0], outputs: [] }] },
      ],
    },
    /found input tensor 0 of subgraph 0, wanted one of 0/,
  ],
  [
    'a signature of a subgraph that is not there',
    planOf([], { signatures: [{ name: 'a', subgraph: 1, inputs: {}, outputs: {} }] }),
    /the signature "a" of subgraph 1/,
  ],
])('%s is refused', (_, plan, message) => {
  expect(refusal(writeTflite(plan))).toMatch(message);
});

test('a file that is no model, or none at all, is refused', async () => {
  for (const bytes of [new Uint8Array(0), new Uint8Array(7), new Uint8Array(100), Buffer.from('{"not": "a model"}')]) {
    const path = await write('foreign.tflite', bytes);
    await expect(openTfliteModel(path)).rejects.toMatchObject({ code: 'checkpoint-invalid', details: { path } });
  }
  await expect(openTfliteModel(join(directory, 'absent'))).rejects.toMatchObject({ code: 'file-read' });
});

test('parts that are used over and over are refused before they fill the memory', () => {
  // 3,000 subgraphs, all of them one and the same, with 3,000 tensors, all of them one.
  const bytes = writeFlatbuffer(
    table({
      0: int32(3),
      2: tables([
        table({ 0: tables(Array.from({ length: 3_000 }, () => table({}))) }),
        ...Array(2_999).fill(table({})),
      ]),
      4: tables([table({})]),
    }),
    'TFL3',
  );
  const view = new DataView(bytes.buffer);
  const follow = (at: number): number => at + view.getUint32(at, true);
  const field = (at: number, number: number): number =>
    at + view.getUint16(at - view.getInt32(at, true) + 4 + 2 * number, true);
  const shareFirst = (list: number): void => {
    const target = follow(list + 4);
    for (let i = 0; i < view.getUint32(list, true); i++)
      view.setUint32(list + 4 + 4 * i, target - (list + 4 + 4 * i), true);
  };
  const subgraphs = follow(field(follow(0), 2));
  shareFirst(subgraphs);
  shareFirst(follow(field(follow(subgraphs + 4), 0)));
  expect(refusal(bytes)).toMatch(/parts that are used over and over/);
});

/** Reads bytes and, where they can be read, imports them: both may only refuse with a typed error. */
function readAndImport(bytes: Uint8Array): void {
  try {
    const model = readTfliteModel(bytes, 'model.tflite');
    const g = new GraphBuilder('test');
    const frames = symbolicDim('frames');
    const x = g.input('x', 'float32', [{ ...frames, times: frameSamples }, 1]);
    const size = { rows: frameSamples, channels: 1 };
    importStream(g, model, frames, { x, ...size }, size, { rounded: true });
    g.build();
  } catch (error) {
    if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
  }
}

const sound = writeTflite(streamingPlan('fuzz'));

test('damaged bytes give a model or a typed refusal', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          at: fc.nat({ max: sound.length - 1 }),
          value: fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat({ max: 255 })),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      (changes) => {
        const bytes = sound.slice();
        for (const { at, value } of changes) bytes[at] = value;
        readAndImport(bytes);
      },
    ),
    { numRuns: 2_000 },
  );
}, 60_000);

test('models that are put together wrongly give a typed refusal, or a graph', () => {
  const plan = streamingPlan('fuzz');
  const [main, start] = plan.subgraphs;
  const someInteger = fc.oneof(fc.integer({ min: -2, max: 16 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 127));
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          part: fc.constantFrom('shape', 'inputs', 'options', 'code', 'values', 'zeroPoints', 'scales'),
          which: fc.nat(),
          field: fc.nat({ max: 5 }),
          value: someInteger,
        }),
        { minLength: 1, maxLength: 4 },
      ),
      (changes) => {
        const tensors = structuredClone(main!.tensors) as TensorPlan[];
        const operators = structuredClone(main!.operators) as OperatorPlan[];
        for (const { part, which, field, value } of changes) {
          const t = which % tensors.length;
          const o = which % operators.length;
          const tensor = tensors[t]!;
          const operator = operators[o]!;
          const changed = (list: readonly number[] = []) => list.map((x, i) => (i === field % list.length ? value : x));
          if (part === 'shape') tensors[t] = { ...tensor, shape: changed(tensor.shape) };
          if (part === 'values' && tensor.values) tensors[t] = { ...tensor, values: changed(tensor.values) };
          if (part === 'scales' && tensor.scales) tensors[t] = { ...tensor, scales: changed(tensor.scales) };
          if (part === 'zeroPoints' && tensor.scales) tensors[t] = { ...tensor, zeroPoints: [value] };
          if (part === 'inputs') operators[o] = { ...operator, inputs: changed(operator.inputs) };
          if (part === 'options') operators[o] = { ...operator, options: { ...operator.options, [field]: value } };
          if (part === 'code')
            operators[o] = { ...operator, code: operators[Math.abs(value) % operators.length]!.code };
        }
        readAndImport(writeTflite({ subgraphs: [{ ...main!, tensors, operators }, start!] }));
      },
    ),
    { numRuns: 500 },
  );
}, 60_000);

test('truncated files and random bytes give a typed refusal', () => {
  const wholeWords = Array.from({ length: sound.length / 16 }, (_, i) => 16 * i);
  for (const length of wholeWords) readAndImport(sound.subarray(0, length));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 400 }), (bytes) => {
      bytes.set(Buffer.from('TFL3'), 4);
      readAndImport(bytes);
    }),
    { numRuns: 2_000 },
  );
}, 60_000);
