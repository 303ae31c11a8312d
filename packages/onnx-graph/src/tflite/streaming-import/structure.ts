import { concat, slice } from '../../ops/shape.ts';
import type { TfliteOperator } from '../tflite-model.ts';
import {
  carriedState,
  failAt,
  type ImportContext,
  inputOfKind,
  inputTensor,
  integersOf,
  option,
  outputTensor,
  requireOptions,
  rowsOf,
  setOutput,
  type Translate,
} from './import-context.ts';
import type { Extended, StreamValue } from './stream-value.ts';

/** Rows stay rows: only axes of length 1 come and go. */
export const reshapeRows: Translate = (context, operator) => {
  setOutput(context, operator, inputOfKind(context, operator, 0, 'rows'));
};

/** Rows side by side; a variable's rows before the frame's; or a variable's rows before zeros. */
export const concatenation: Translate = (context, operator) => {
  requireOptions(context, operator, { fusedActivation: 0 });
  const { shape } = outputTensor(context, operator);
  const axis = (option(context, operator, 'axis') + shape.length) % shape.length;
  if (axis === shape.length - 1) return concatChannels(context, operator);
  if (axis !== 1 || operator.inputs.length !== 2) {
    failAt(context, operator, `${operator.inputs.length} inputs on axis ${axis}`, 'two in time, or channels');
  }
  const past = inputOfKind(context, operator, 0, 'past');
  const { constant } = inputTensor(context, operator, 1);
  if (constant !== undefined) {
    const size = rowsOf(constant.shape);
    const isSilent = context.model.bytesOf(constant).every((byte) => byte === 0);
    if (size?.channels !== past.channels || !isSilent) {
      failAt(context, operator, 'a constant after a variable', `zeros of ${past.channels} channels`);
    }
    context.values.set(operator.outputs[0]!, {
      kind: 'carry',
      variable: past.variable,
      past: past.rows,
      rows: size!.rows,
    });
    return;
  }
  const rows = inputOfKind(context, operator, 1, 'rows');
  if (rows.grid !== undefined || rows.channels !== past.channels) {
    failAt(context, operator, `rows of ${rows.channels} channels`, `reals of ${past.channels} channels`);
  }
  const state = carriedState(context, operator, past.variable, [past.rows, past.channels]);
  const x = concat(context.g, [state, rows.x], 0);
  setOutput(context, operator, { ...rows, kind: 'extended', x, variable: past.variable, past: past.rows });
};

function concatChannels(context: ImportContext, operator: TfliteOperator): void {
  const parts = operator.inputs.map((_, index) => inputOfKind(context, operator, index, 'rows'));
  const [first = failAt(context, operator, 'no inputs', 'rows')] = parts;
  if (parts.some(({ rows, grid }) => rows !== first.rows || grid !== undefined)) {
    failAt(context, operator, `${parts.length} inputs`, 'reals with the same number of rows');
  }
  setOutput(context, operator, {
    kind: 'rows',
    x: concat(
      context.g,
      parts.map(({ x }) => x),
      1,
    ),
    rows: first.rows,
    channels: parts.reduce((sum, { channels }) => sum + channels, 0),
  });
}

/** SPLIT on the last axis. */
export const split: Translate = (context, operator) => {
  const input = inputOfKind(context, operator, 1, 'rows');
  const [axis] = integersOf(context, operator, 0);
  const rank = inputTensor(context, operator, 1).shape.length;
  const count = option(context, operator, 'numberOfSplits');
  const channels = input.channels / count;
  if ((axis! + rank) % rank !== rank - 1 || count !== operator.outputs.length || !Number.isInteger(channels)) {
    failAt(context, operator, `${count} parts on axis ${axis}`, `equal parts of ${input.channels} channels`);
  }
  for (let i = 0; i < count; i++) {
    const x = slice(context.g, input.x, 1, i * channels, (i + 1) * channels);
    setOutput(context, operator, { ...input, x, channels }, i);
  }
};

/** The settled rows of an overlap, or the last rows of a frame, which a variable is to hold. */
export const stridedSlice: Translate = (context, operator) => {
  const input = inputOfKind(context, operator, 0, 'extended', 'overlapped');
  requireOptions(context, operator, { ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 });
  const length = input.past + input.rows;
  const { from, to } = sliceOfTime(context, operator, length);
  if (from === input.rows && to === length) {
    context.values.set(operator.outputs[0]!, input.kind === 'overlapped' ? input.next : lastRows(context, input));
    return;
  }
  if (input.kind !== 'overlapped' || from !== 0 || to !== input.rows) {
    failAt(context, operator, `rows ${from} to ${to} of ${length}`, `the first ${input.rows}, or the others`);
  }
  setOutput(context, operator, { kind: 'rows', x: input.x, rows: input.rows, channels: input.channels });
};

function lastRows({ g }: ImportContext, { x, past, variable, grid }: Extended): StreamValue {
  const last = slice(g, x, 0, { fromEnd: past }, { fromEnd: 0 });
  return { kind: 'next', variable, x: last, ...(grid === undefined ? {} : { grid }) };
}

/** Start and end in time; the other axes must be left whole. */
function sliceOfTime(
  context: ImportContext,
  operator: TfliteOperator,
  length: number,
): { readonly from: number; readonly to: number } {
  const [begin, end, strides] = [1, 2, 3].map((index) => integersOf(context, operator, index)) as [
    readonly number[],
    readonly number[],
    readonly number[],
  ];
  const { shape } = inputTensor(context, operator, 0);
  const edge = (values: readonly number[], mask: number, axis: number, otherwise: number): number => {
    const value = values[axis] ?? 0;
    if ((mask >> axis) & 1) return otherwise;
    return value < 0 ? value + shape[axis]! : value;
  };
  const [beginMask, endMask] = [option(context, operator, 'beginMask'), option(context, operator, 'endMask')];
  const ranges = shape.map((size, axis) => [edge(begin, beginMask, axis, 0), edge(end, endMask, axis, size)] as const);
  const isPlain =
    [begin, end, strides].every((values) => values.length === shape.length) &&
    strides.every((stride) => stride === 1) &&
    ranges.every(([from, to], axis) => axis === 1 || (from === 0 && to >= shape[axis]!));
  if (!isPlain) failAt(context, operator, `a slice of [${shape.join(', ')}]`, 'a range of rows, without steps');
  const [from, to] = ranges[1]!;
  return { from, to: Math.min(to, length) };
}
