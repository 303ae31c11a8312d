import type { ElementType } from '../graph/element-type.ts';

/** Types of tensors that graphs know, and the two others that matter to a reader of streaming models. */
export type TfliteElementType = ElementType | 'resource' | 'other';

/** By their number in the schema's `TensorType`. */
export const tfliteElementTypes: Readonly<Record<number, TfliteElementType>> = {
  0: 'float32',
  1: 'float16',
  2: 'int32',
  3: 'uint8',
  4: 'int64',
  6: 'bool',
  7: 'int16',
  9: 'int8',
  10: 'float64',
  13: 'resource',
  16: 'uint16',
  18: 'bfloat16',
};

/** A field of an operator's options: its name and number in the schema, its type, and its value where it is left out. */
export type TfliteOptionField = readonly [
  name: string,
  field: number,
  type: 'int8' | 'int32' | 'float32' | 'text',
  otherwise?: number,
];

interface OperatorDescription {
  readonly name: string;
  /** Number of its options table in the schema's union `BuiltinOptions`; absent where it has none. */
  readonly optionsType?: number;
  readonly options?: readonly TfliteOptionField[];
}

const fusedActivation = (field: number): TfliteOptionField => ['fusedActivation', field, 'int8'];

/**
 * Operators whose options are read, by their number in the schema's `BuiltinOperator`; more are a line each.
 * Source: tensorflow/tensorflow, tensorflow/compiler/mlir/lite/schema/schema.fbs (version 3).
 */
export const tfliteOperators: Readonly<Record<number, OperatorDescription>> = {
  0: { name: 'ADD', optionsType: 11, options: [fusedActivation(0)] },
  2: { name: 'CONCATENATION', optionsType: 10, options: [['axis', 0, 'int32'], fusedActivation(1)] },
  3: {
    name: 'CONV_2D',
    optionsType: 1,
    options: [
      ['padding', 0, 'int8'],
      ['strideWidth', 1, 'int32'],
      ['strideHeight', 2, 'int32'],
      fusedActivation(3),
      ['dilationWidth', 4, 'int32', 1],
      ['dilationHeight', 5, 'int32', 1],
    ],
  },
  4: {
    name: 'DEPTHWISE_CONV_2D',
    optionsType: 2,
    options: [
      ['padding', 0, 'int8'],
      ['strideWidth', 1, 'int32'],
      ['strideHeight', 2, 'int32'],
      ['depthMultiplier', 3, 'int32'],
      fusedActivation(4),
      ['dilationWidth', 5, 'int32', 1],
      ['dilationHeight', 6, 'int32', 1],
    ],
  },
  6: { name: 'DEQUANTIZE' },
  22: { name: 'RESHAPE' },
  36: { name: 'GATHER', optionsType: 23, options: [['axis', 0, 'int32']] },
  41: { name: 'SUB', optionsType: 28, options: [fusedActivation(0)] },
  45: {
    name: 'STRIDED_SLICE',
    optionsType: 32,
    options: [
      ['beginMask', 0, 'int32'],
      ['endMask', 1, 'int32'],
      ['ellipsisMask', 2, 'int32'],
      ['newAxisMask', 3, 'int32'],
      ['shrinkAxisMask', 4, 'int32'],
    ],
  },
  49: { name: 'SPLIT', optionsType: 35, options: [['numberOfSplits', 0, 'int32']] },
  67: {
    name: 'TRANSPOSE_CONV',
    optionsType: 49,
    options: [['padding', 0, 'int8'], ['strideWidth', 1, 'int32'], ['strideHeight', 2, 'int32'], fusedActivation(3)],
  },
  79: { name: 'ARG_MIN' },
  98: { name: 'LEAKY_RELU', optionsType: 75, options: [['alpha', 0, 'float32']] },
  99: { name: 'SQUARED_DIFFERENCE' },
  114: { name: 'QUANTIZE' },
  129: { name: 'CALL_ONCE', optionsType: 103, options: [['initialisationSubgraph', 0, 'int32']] },
  142: {
    name: 'VAR_HANDLE',
    optionsType: 111,
    options: [
      ['container', 0, 'text'],
      ['sharedName', 1, 'text'],
    ],
  },
  143: { name: 'READ_VARIABLE' },
  144: { name: 'ASSIGN_VARIABLE' },
};

/** The schema's name of an operator where it is in the table above, else `operator` and its number. */
export type TfliteOperatorCode = string;

/** Padding of convolutions: the input is taken as it is. */
export const paddingValid = 1;
