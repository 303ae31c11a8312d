export type { Checkpoint, CheckpointTensor, PlainValue } from './checkpoint/checkpoint.ts';
export { type ConfigReader, readConfig } from './checkpoint/config-reader.ts';
export { checkpointFileNames, openCheckpoint } from './checkpoint/open-checkpoint.ts';
export { openPytorchCheckpoint } from './checkpoint/pytorch/open-pytorch-checkpoint.ts';
export { type ParsedPickle, parsePickle } from './checkpoint/pytorch/parse-pickle.ts';
export { PickleFault, PickleUnfinished } from './checkpoint/pytorch/pickle-fault.ts';
export type { PickleInput } from './checkpoint/pytorch/pickle-input.ts';
export type { PickleContext, PickleObject, PickleValue } from './checkpoint/pytorch/pickle-value.ts';
export { openSafetensorsCheckpoint } from './checkpoint/safetensors-checkpoint.ts';
export { type WeightOptions, type WeightPart, type WeightScope, weightsOf } from './checkpoint/weight-scope.ts';
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
export { affineNorm } from './layers/affine-norm.ts';
export { type CachedAttentionOptions, type CachePlace, cachedAttention } from './layers/attention/cached-attention.ts';
export { type FullAttentionOptions, fullAttention } from './layers/attention/full-attention.ts';
export { type LocalAttentionOptions, localAttention } from './layers/attention/local-attention.ts';
export { type RingAttentionOptions, ringAttention } from './layers/attention/ring-attention.ts';
export { type RingWindow, type RingWindowOptions, ringPosition, ringWindow } from './layers/attention/ring-window.ts';
export {
  type RotaryShape,
  type RotaryTable,
  rotaryFrequencies,
  rotaryTable,
  rotate,
} from './layers/attention/rotary.ts';
export { causalDepthwiseConv } from './layers/causal-depthwise-conv.ts';
export { nearestCodes, sumOfCodes } from './layers/codebook-search.ts';
export { convNextBlock } from './layers/conv-next-block.ts';
export { type DenseOptions, dense } from './layers/dense.ts';
export { reflectedSignal, type SignalEdges } from './layers/edges/reflected-signal.ts';
export {
  type StreamEdges,
  streamStarted,
  withReflectedEdges,
} from './layers/edges/reflected-stream.ts';
export { withContext, withHistory } from './layers/history.ts';
export { linear } from './layers/linear.ts';
export { lstm } from './layers/lstm.ts';
export { type ProjectionOptions, projection } from './layers/projection.ts';
export { withReplicatedStart } from './layers/replicated-start.ts';
export { residualDecode, residualEncode } from './layers/residual-quantizer.ts';
export { rmsNorm, rmsNormBy } from './layers/rms-norm.ts';
export { convRows, transposedConvRows } from './layers/rows/conv-rows.ts';
export { convRowsByTaps, transposedConvRowsByTaps } from './layers/rows/conv-rows-by-taps.ts';
export { causalTransposedConv1d } from './layers/signal/causal-transposed-conv1d.ts';
export { type ConvOptions, type ConvWeights, conv1d } from './layers/signal/conv1d.ts';
export { cropCutSides } from './layers/signal/crop-cut-sides.ts';
export { depthwiseConv1d } from './layers/signal/depthwise-conv1d.ts';
export { sameConv1d } from './layers/signal/same-conv1d.ts';
export {
  type ConvFactors,
  rescaledConv,
  scaledSnake,
  snakeAlpha,
  snakeTimesAlpha,
} from './layers/signal/scaled-snake.ts';
export { rowsToSignal, signalToRows, withSignalHistory } from './layers/signal/signal-layout.ts';
export { timeGroupNorm } from './layers/signal/time-group-norm.ts';
export { transposedConv1d } from './layers/signal/transposed-conv1d.ts';
export { type ExcitationConfig, readExcitationConfig } from './layers/source-filter/excitation-config.ts';
export { positionNoise } from './layers/source-filter/position-noise.ts';
export { type SourceFilterConfig, sourceFilter, sourceFilterWidth } from './layers/source-filter/source-filter.ts';
export { overlapAddSpectrum, shortTimeSpectrum, spectrumWidth } from './layers/spectrum.ts';
export { weightNormed } from './layers/weight-norm.ts';
export {
  add,
  cos,
  divide,
  elu,
  exp,
  floor,
  gelu,
  leakyRelu,
  log,
  maximum,
  minimum,
  multiply,
  relu,
  remainder,
  sigmoid,
  sin,
  sqrt,
  subtract,
  tanh,
} from './ops/elementwise.ts';
export { argMaxLast, cumulativeSum, gatherRows, selectFirst, sumAxis } from './ops/lookup.ts';
export { cast, layerNorm, matMul, transpose } from './ops/matrix.ts';
export { concat, mergeRows, pad, padLast, reshape, reverse, slice, splitRows } from './ops/shape.ts';
export { type BlockMatrix, blockValues, type WeightBits } from './quantized/block-quantize.ts';
export { type QuantizeOptions, quantizeMatrices } from './quantized/quantize-matrices.ts';
export { halfToNumber } from './quantized/widen-floats.ts';
export {
  type GraphSession,
  type GraphState,
  openGraphSession,
  type SessionOptions,
  type TensorInput,
  type TensorValues,
} from './session/graph-session.ts';
export { type OnnxFile, openOnnxFile } from './session/onnx-file.ts';
export { loadRuntime, type Runtime } from './session/runtime.ts';
export type { RuntimeOptions } from './session/runtime-options.ts';
export { openTfliteModel } from './tflite/open-tflite-model.ts';
export { type FrameSize, importStream } from './tflite/streaming-import/import-stream.ts';
export type {
  TfliteModel,
  TfliteOperator,
  TfliteQuantization,
  TfliteSignature,
  TfliteSubgraph,
  TfliteTensor,
} from './tflite/tflite-model.ts';
