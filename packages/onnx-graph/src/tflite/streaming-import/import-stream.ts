import { SpeechTokensError } from '@speech-tokens/core';
import type { SymbolicDim } from '../../graph/dim.ts';
import { GraphBuildError } from '../../graph/graph-build-error.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import type { TfliteModel } from '../tflite-model.ts';
import { conv2d, depthwiseConv2d, transposeConv } from './convolutions.ts';
import { failAt, type ImportContext, rowsOf, type Translate } from './import-context.ts';
import { addRows, dequantizeRows, leakyRelu, quantizeRows, subtractBias } from './pointwise.ts';
import { concatenation, reshapeRows, split, stridedSlice } from './structure.ts';
import { assignVariable, callOnce, readVariable, variableHandle } from './variables.ts';

const translations: Readonly<Record<string, Translate>> = {
  ADD: addRows,
  ASSIGN_VARIABLE: assignVariable,
  CALL_ONCE: callOnce,
  CONCATENATION: concatenation,
  CONV_2D: conv2d,
  DEPTHWISE_CONV_2D: depthwiseConv2d,
  DEQUANTIZE: dequantizeRows,
  LEAKY_RELU: leakyRelu,
  QUANTIZE: quantizeRows,
  READ_VARIABLE: readVariable,
  RESHAPE: reshapeRows,
  SPLIT: split,
  STRIDED_SLICE: stridedSlice,
  SUB: subtractBias,
  TRANSPOSE_CONV: transposeConv,
  VAR_HANDLE: variableHandle,
};

/** What a frame is at one end of a model: `[1, rows, 1, channels]`, or with fewer axes of length 1. */
export interface FrameSize {
  readonly rows: number;
  readonly channels: number;
}

/**
 * Translates a streaming TFLite model, which computes one frame per call and keeps variables between calls, to a graph
 * that computes any number of frames at once, with the variables as carried state. Operator by operator, in the order of
 * the file; what does not go on evenly from frame to frame is refused.
 * @param input rows of the frames one after another, `x [frames · rows, channels]`
 * @param wanted the size of a frame of the result
 * @param rounded whether activations that the file has as 8-bit integers are rounded as they are there
 * @returns `[frames · wanted.rows, wanted.channels]`
 * @throws SpeechTokensError `checkpoint-invalid` that names the operator
 */
export function importStream(
  g: GraphBuilder,
  model: TfliteModel,
  frames: SymbolicDim,
  input: FrameSize & { readonly x: GraphTensor },
  wanted: FrameSize,
  { rounded }: { readonly rounded: boolean },
): GraphTensor {
  const subgraph = model.subgraphs[0];
  const [start, ...otherInputs] = subgraph?.inputs ?? [];
  const [end, ...otherOutputs] = subgraph?.outputs ?? [];
  if (
    subgraph === undefined ||
    start === undefined ||
    end === undefined ||
    otherInputs.length + otherOutputs.length > 0
  ) {
    throw unfit(
      model,
      `${subgraph?.inputs.length ?? 0} inputs, ${subgraph?.outputs.length ?? 0} outputs`,
      'one of each',
    );
  }
  const found = subgraph.tensors[start]!;
  const size = rowsOf(found.shape);
  if (found.elementType !== 'float32' || size?.rows !== input.rows || size.channels !== input.channels) {
    throw unfit(model, `an input ${found.elementType} [${found.shape.join(', ')}]`, describe(input));
  }
  const context: ImportContext = {
    g,
    model,
    subgraph,
    frames,
    rounded,
    values: new Map([[start, { kind: 'rows', ...input }]]),
    unset: new Map(),
  };
  for (const operator of subgraph.operators) {
    const translate = translations[operator.code];
    if (translate === undefined) failAt(context, operator, operator.code, Object.keys(translations).join(', '));
    try {
      translate(context, operator);
    } catch (error) {
      if (!(error instanceof GraphBuildError)) throw error;
      failAt(context, operator, error.message, 'tensors that fit');
    }
  }
  const [forgotten] = context.unset.keys();
  if (forgotten !== undefined)
    throw unfit(model, `the variable ${forgotten} read and not set`, 'variables that are set');
  const output = context.values.get(end);
  const isWanted = output?.kind === 'rows' && output.rows === wanted.rows && output.channels === wanted.channels;
  if (!isWanted || output.grid !== undefined) {
    throw unfit(model, `an output [${subgraph.tensors[end]!.shape.join(', ')}]`, describe(wanted));
  }
  return output.x;
}

function describe({ rows, channels }: FrameSize): string {
  return `float32 [1, ${rows}, 1, ${channels}]`;
}

function unfit(model: TfliteModel, found: string, wanted: string): SpeechTokensError {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `${model.path} cannot be run as a stream`,
    found,
    wanted,
    remedy: 'Use the files of the model that this codec is made for',
    details: { path: model.path },
  });
}
