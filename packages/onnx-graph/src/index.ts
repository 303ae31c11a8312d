export type { Checkpoint, CheckpointTensor, PlainValue } from './checkpoint/checkpoint.ts';
export { checkpointFileNames, openCheckpoint } from './checkpoint/open-checkpoint.ts';
export { openPytorchCheckpoint } from './checkpoint/pytorch/open-pytorch-checkpoint.ts';
export { openSafetensorsCheckpoint } from './checkpoint/safetensors-checkpoint.ts';
export { type WeightScope, weightsOf } from './checkpoint/weight-scope.ts';
export {
  addDims,
  type Dim,
  dimsEqual,
  divideDim,
  floorDivideDim,
  formatDim,
  formatShape,
  multiplyDim,
  type Shape,
  type SymbolicDim,
  shapesEqual,
  symbolicDim,
} from './graph/dim.ts';
export { type ElementType, elementTypeNumbers } from './graph/element-type.ts';
export { GraphBuildError } from './graph/graph-build-error.ts';
export { GraphBuilder } from './graph/graph-builder.ts';
export type {
  Attribute,
  BuiltGraph,
  ExternalTensor,
  GraphTensor,
  Initializer,
  StateTensor,
} from './graph/graph-types.ts';
export { causalDepthwiseConv } from './layers/causal-depthwise-conv.ts';
export { convNextBlock } from './layers/conv-next-block.ts';
export { withContext, withHistory } from './layers/history.ts';
export { linear } from './layers/linear.ts';
export { residualDecode, residualEncode } from './layers/residual-quantizer.ts';
export { convRows, transposedConvRows } from './layers/rows/conv-rows.ts';
export { type ConvOptions, type ConvWeights, conv1d } from './layers/signal/conv1d.ts';
export { sameConv1d } from './layers/signal/same-conv1d.ts';
export { rowsToSignal, signalToRows, withSignalHistory } from './layers/signal/signal-layout.ts';
export { snake } from './layers/signal/snake.ts';
export { transposedConv1d } from './layers/signal/transposed-conv1d.ts';
export { overlapAddSpectrum, shortTimeSpectrum, spectrumWidth } from './layers/spectrum.ts';
export { weightNormed } from './layers/weight-norm.ts';
export {
  add,
  cos,
  divide,
  elu,
  exp,
  gelu,
  log,
  minimum,
  multiply,
  sigmoid,
  sin,
  sqrt,
  subtract,
  tanh,
} from './ops/elementwise.ts';
export { argMaxLast, gatherRows, selectFirst, sumAxis } from './ops/lookup.ts';
export { cast, layerNorm, matMul, transpose } from './ops/matrix.ts';
export { concat, mergeRows, pad, padLast, reshape, reverse, slice, splitRows } from './ops/shape.ts';
export {
  type GraphSession,
  type GraphState,
  openGraphSession,
  type SessionOptions,
  type TensorInput,
  type TensorValues,
} from './session/graph-session.ts';
export { loadRuntime, type Runtime } from './session/runtime.ts';
