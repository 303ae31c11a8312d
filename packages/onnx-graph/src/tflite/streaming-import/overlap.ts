import { multiplyDim } from '../../graph/dim.ts';
import { add, subtract } from '../../ops/elementwise.ts';
import { concat, reshape, slice } from '../../ops/shape.ts';
import type { TfliteOperator, TfliteTensor } from '../tflite-model.ts';
import { carriedState, failAt, type ImportContext, setOutput, storedConstant } from './import-context.ts';
import type { Spread, StreamValue } from './stream-value.ts';

/** A spread and what the frame before left: many frames are added up as one overlap. */
export function addToCarry(
  context: ImportContext,
  operator: TfliteOperator,
  spread: Spread,
  carry: Extract<StreamValue, { kind: 'carry' }>,
): void {
  const { g, frames } = context;
  const { rows, past, variable } = carry;
  const { channels } = spread;
  if (spread.rows !== rows + past || past > rows || spread.grid !== undefined) {
    failAt(context, operator, `${spread.rows} rows and ${past} + ${rows}`, 'as many, and less past than new');
  }
  const flat = reshape(g, spread.x, [frames, spread.rows * channels]);
  const edge = rows * channels;
  const width = past * channels;
  const settled = slice(g, flat, 1, 0, edge);
  const bias = biasOfCarry(context, operator, variable);
  let left = slice(g, flat, 1, edge, edge + width);
  if (bias !== undefined) {
    const stored = storedConstant(context, bias, bias.constant!);
    const byRow = subtract(g, reshape(g, left, [multiplyDim(frames, past), channels]), stored);
    left = reshape(g, byRow, [frames, width]);
  }
  const carried = concat(g, [carriedState(context, operator, variable, [1, width]), left], 0);
  const before = slice(g, carried, 0, 0, { fromEnd: 1 });
  const start = add(g, slice(g, settled, 1, 0, width), before);
  const whole = width === edge ? start : concat(g, [start, slice(g, settled, 1, width, edge)], 1);
  setOutput(context, operator, {
    kind: 'overlapped',
    x: reshape(g, whole, [multiplyDim(frames, rows), channels]),
    variable,
    next: {
      kind: 'next',
      variable,
      x: slice(g, carried, 0, { fromEnd: 1 }, { fromEnd: 0 }),
      ...(bias === undefined ? {} : { bias: bias.key }),
    },
    past,
    rows,
    channels,
  });
}

/**
 * What the file subtracts from the carried rows before it keeps them, since the next frame adds it again: the constant
 * of the SUB whose result is assigned to the variable.
 */
function biasOfCarry(context: ImportContext, operator: TfliteOperator, variable: string): TfliteTensor | undefined {
  const { operators, tensors } = context.subgraph;
  const assignment = operators.find(({ code, inputs }) => {
    const handle = code === 'ASSIGN_VARIABLE' ? context.values.get(inputs[0] ?? -1) : undefined;
    return handle?.kind === 'variable' && handle.name === variable;
  });
  const source = operators.find(({ outputs }) => outputs[0] === assignment?.inputs[1]);
  if (assignment === undefined || source === undefined) {
    return failAt(context, operator, `no value for ${variable}`, 'a variable that is set');
  }
  const bias = source.code === 'SUB' ? tensors[source.inputs[1] ?? -1] : undefined;
  if (source.code !== 'SUB') return undefined;
  if (bias?.constant?.elementType === 'float32') return bias;
  return failAt(context, source, `${bias?.key}, which is computed`, 'a constant of reals');
}
