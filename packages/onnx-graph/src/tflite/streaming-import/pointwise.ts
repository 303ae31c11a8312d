import { add } from '../../ops/elementwise.ts';
import type { TfliteOperator } from '../tflite-model.ts';
import { addIntegers, dequantize, leakyReluOfIntegers, quantize } from './arithmetic.ts';
import {
  constantInput,
  failAt,
  gridOf,
  type ImportContext,
  inputOfKind,
  inputValue,
  option,
  outputGrid,
  outputTensor,
  requireOptions,
  setOutput,
  type Translate,
} from './import-context.ts';
import { addToCarry } from './overlap.ts';
import type { StreamValue } from './stream-value.ts';

export const leakyRelu: Translate = (context, operator) => {
  const { g } = context;
  const input = inputOfKind(context, operator, 0, 'rows');
  const alpha = option(context, operator, 'alpha');
  if (!(alpha > 0 && alpha < 1)) failAt(context, operator, `slope ${alpha}`, 'a slope between 0 and 1');
  const { grid, ...size } = input;
  if (grid === undefined) {
    const x = g.node('LeakyRelu', [input.x], input.x, { alpha: { float: alpha } });
    setOutput(context, operator, { ...size, x });
    return;
  }
  const to = outputGrid(context, operator);
  setOutput(context, operator, { ...size, x: leakyReluOfIntegers(g, input.x, alpha, grid, to), grid: to });
};

export const quantizeRows: Translate = (context, operator) => {
  const input = inputOfKind(context, operator, 0, 'rows', 'extended');
  const grid = context.rounded ? gridOf(context, operator, outputTensor(context, operator)) : undefined;
  if (input.grid !== undefined) failAt(context, operator, 'integers', 'reals');
  const value = grid === undefined ? input : { ...input, x: quantize(context.g, input.x, grid), grid };
  setOutput(context, operator, value);
};

export const dequantizeRows: Translate = (context, operator) => {
  const input = inputOfKind(context, operator, 0, 'rows', 'extended', 'spread', 'next');
  const { grid, ...reals } = input;
  if (grid === undefined) setOutput(context, operator, input);
  else setOutput(context, operator, { ...reals, x: dequantize(context.g, input.x, grid) } as StreamValue);
};

export const addRows: Translate = (context, operator) => {
  requireOptions(context, operator, { fusedActivation: 0 });
  const first = inputValue(context, operator, 0);
  const second = inputValue(context, operator, 1);
  if (first.kind === 'spread' && second.kind === 'carry') return addToCarry(context, operator, first, second);
  if (first.kind === 'carry' && second.kind === 'spread') return addToCarry(context, operator, second, first);
  const a = inputOfKind(context, operator, 0, 'rows');
  const b = inputOfKind(context, operator, 1, 'rows');
  if (a.rows !== b.rows || a.channels !== b.channels || (a.grid === undefined) !== (b.grid === undefined)) {
    failAt(context, operator, `${a.rows} × ${a.channels} and ${b.rows} × ${b.channels}`, 'values of one kind and size');
  }
  const { grid, ...size } = a;
  if (grid === undefined) {
    setOutput(context, operator, { ...size, x: add(context.g, a.x, b.x) });
    return;
  }
  const to = outputGrid(context, operator);
  setOutput(context, operator, { ...size, x: addIntegers(context.g, [a.x, grid], [b.x, b.grid!], to), grid: to });
};

/** Only the bias of an overlap, which has been subtracted when the overlap was made. */
export const subtractBias: Translate = (context: ImportContext, operator: TfliteOperator) => {
  const next = inputOfKind(context, operator, 0, 'next');
  const { tensor } = constantInput(context, operator, 1);
  const { bias, ...rest } = next;
  if (bias !== tensor.key) failAt(context, operator, `${tensor.key} subtracted`, 'the bias of an overlap');
  setOutput(context, operator, rest);
};
