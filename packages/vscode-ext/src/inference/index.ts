export {
  createInferenceDocument,
  createInferenceProcess,
  type InferenceDocument,
  type InferenceProcess,
} from './inference-process.ts';
export type {
  Decoded,
  DocumentSource,
  Done,
  InferenceMethods,
  InferenceSettings,
  SampleRange,
  TokenizerChoice,
  TokenizerId,
  TokensPart,
} from './methods.ts';
