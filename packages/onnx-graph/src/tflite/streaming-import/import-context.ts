import { basename } from 'node:path';
import { SpeechTokensError } from '@speech-tokens/core';
import type { CheckpointTensor } from '../../checkpoint/checkpoint.ts';
import type { SymbolicDim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import type { TfliteModel, TfliteOperator, TfliteSubgraph, TfliteTensor } from '../tflite-model.ts';
import type { IntegerGrid, StreamValue } from './stream-value.ts';

/** What the import of one subgraph works on. */
export interface ImportContext {
  readonly g: GraphBuilder;
  readonly model: TfliteModel;
  readonly subgraph: TfliteSubgraph;
  readonly frames: SymbolicDim;
  /** Whether activations are rounded to the grids of the file. */
  readonly rounded: boolean;
  /** Values by index of their tensor. */
  readonly values: Map<number, StreamValue>;
  /** Ways to set the variables, of those that have been read and not been set. */
  readonly unset: Map<string, (next: GraphTensor) => void>;
}

/** Far more than a streaming model carries; without a limit a damaged file asks for all the memory there is. */
const maximumStateValues = 1 << 24;

/** Translates one operator; its outputs are in `values` afterwards. */
export type Translate = (context: ImportContext, operator: TfliteOperator) => void;

/** @throws SpeechTokensError `checkpoint-invalid` that names the operator and its output */
export function failAt(
  { model, subgraph }: ImportContext,
  operator: TfliteOperator,
  found: string,
  wanted: string,
): never {
  const output = subgraph.tensors[operator.outputs[0] ?? operator.inputs[0] ?? -1];
  throw new SpeechTokensError('checkpoint-invalid', {
    problem: `${model.path} cannot be run as a stream at ${operator.code} (${output?.key ?? 'without tensors'})`,
    found,
    wanted,
    remedy: 'Use the files of the model that this codec is made for',
    details: { path: model.path, ...(output === undefined ? {} : { tensor: output.key }) },
  });
}

/** A variable as carried state; it must be set before the end. */
export function carriedState(
  context: ImportContext,
  operator: TfliteOperator,
  variable: string,
  shape: readonly number[],
): GraphTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > maximumStateValues) failAt(context, operator, `${count} values carried`, `at most ${maximumStateValues}`);
  if (context.unset.has(variable)) failAt(context, operator, `${variable} used twice`, 'one use of each variable');
  const state = context.g.state(variable, 'float32', shape);
  context.unset.set(variable, (next) => state.advance(next));
  return state.value;
}

export function inputTensor(context: ImportContext, operator: TfliteOperator, index: number): TfliteTensor {
  const tensor = context.subgraph.tensors[operator.inputs[index] ?? -1];
  return tensor ?? failAt(context, operator, `${operator.inputs.length} inputs`, `input ${index}`);
}

export function outputTensor(context: ImportContext, operator: TfliteOperator, index = 0): TfliteTensor {
  const tensor = context.subgraph.tensors[operator.outputs[index] ?? -1];
  return tensor ?? failAt(context, operator, `${operator.outputs.length} outputs`, `output ${index}`);
}

export function inputValue(context: ImportContext, operator: TfliteOperator, index: number): StreamValue {
  const value = context.values.get(operator.inputs[index] ?? -1);
  return value ?? failAt(context, operator, `input ${index}, which nothing has computed`, 'a value of the stream');
}

/** An input that must be of one kind. */
export function inputOfKind<Kind extends StreamValue['kind']>(
  context: ImportContext,
  operator: TfliteOperator,
  index: number,
  ...kinds: readonly Kind[]
): Extract<StreamValue, { kind: Kind }> {
  const value = inputValue(context, operator, index);
  if ((kinds as readonly string[]).includes(value.kind)) return value as Extract<StreamValue, { kind: Kind }>;
  return failAt(context, operator, `${value.kind} as input ${index}`, kinds.join(' or '));
}

/** Sets the output, after a look at the shape that the file gives it. */
export function setOutput(context: ImportContext, operator: TfliteOperator, value: StreamValue, index = 0): void {
  const { shape } = outputTensor(context, operator, index);
  if ('rows' in value && 'channels' in value) {
    const rows = value.kind === 'extended' || value.kind === 'overlapped' ? value.past + value.rows : value.rows;
    const wanted = rowsOf(shape);
    if (wanted?.rows !== rows || wanted.channels !== value.channels) {
      failAt(context, operator, `${rows} rows of ${value.channels}`, `the shape [${shape.join(', ')}]`);
    }
  }
  context.values.set(operator.outputs[index]!, value);
}

/** A frame's rows and channels: `[1, rows, 1, channels]`, `[1, rows, channels]`, or `[1, samples]` of one channel. */
export function rowsOf(shape: readonly number[]): { readonly rows: number; readonly channels: number } | undefined {
  const [one, rows, ...rest] = shape;
  if (one !== 1 || rows === undefined || rows < 1 || rest.length > 2) return undefined;
  if (rest.length === 2 && rest[0] !== 1) return undefined;
  const channels = rest.at(-1) ?? 1;
  return channels < 1 ? undefined : { rows, channels };
}

/** The one grid of an activation, or of weights with one scale; `undefined` where it holds reals. */
export function gridOf(
  context: ImportContext,
  operator: TfliteOperator,
  tensor: TfliteTensor,
): IntegerGrid | undefined {
  if (tensor.elementType === 'float32') return undefined;
  const [scale] = tensor.quantization?.scales ?? [];
  const [zeroPoint] = tensor.quantization?.zeroPoints ?? [];
  if (tensor.elementType !== 'int8' || tensor.quantization?.scales.length !== 1) {
    return failAt(context, operator, `${tensor.key} of type ${tensor.elementType}`, 'float32, or int8 with one scale');
  }
  if (zeroPoint! < -128 || zeroPoint! > 127) failAt(context, operator, `zero point ${zeroPoint}`, '-128 to 127');
  return { scale: scale!, zeroPoint: zeroPoint! };
}

/** The grid of an output that must have one. */
export function outputGrid(context: ImportContext, operator: TfliteOperator): IntegerGrid {
  const grid = gridOf(context, operator, outputTensor(context, operator));
  return grid ?? failAt(context, operator, 'integers that become reals', 'an output of integers');
}

export function option(context: ImportContext, operator: TfliteOperator, name: string): number {
  const value = operator.options[name];
  return typeof value === 'number' ? value : failAt(context, operator, 'no such option', `the option ${name}`);
}

/** Requires options to have just these values. */
export function requireOptions(
  context: ImportContext,
  operator: TfliteOperator,
  wanted: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(wanted)) {
    const found = option(context, operator, name);
    if (found !== value) failAt(context, operator, `${name} ${found}`, `${name} ${value}`);
  }
}

/** A constant input, where it lies. */
export function constantInput(
  context: ImportContext,
  operator: TfliteOperator,
  index: number,
): { readonly tensor: TfliteTensor; readonly constant: CheckpointTensor } {
  const tensor = inputTensor(context, operator, index);
  const { constant } = tensor;
  if (constant === undefined) return failAt(context, operator, `${tensor.key}, which is computed`, 'a constant');
  return { tensor, constant };
}

/** The values of a constant of 32-bit integers. */
export function integersOf(context: ImportContext, operator: TfliteOperator, index: number): readonly number[] {
  const { tensor, constant } = constantInput(context, operator, index);
  if (constant.elementType !== 'int32') failAt(context, operator, `${tensor.key} of ${constant.elementType}`, 'int32');
  const bytes = context.model.bytesOf(constant);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true));
}

/** A constant as it is stored, in the graph: it stays where it lies in the file. */
export function storedConstant(context: ImportContext, tensor: TfliteTensor, constant: CheckpointTensor): GraphTensor {
  return context.g.initializer({
    name: tensor.key,
    elementType: constant.elementType,
    shape: constant.shape,
    data: {
      location: basename(constant.path),
      offsetBytes: constant.offsetBytes,
      sizeBytes: constant.sizeBytes,
    },
  });
}
