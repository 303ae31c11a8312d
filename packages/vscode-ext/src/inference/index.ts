export {
  createInferenceDocument,
  createInferenceProcess,
  type InferenceDocument,
  type InferenceProcess,
} from './inference-process.ts';
export type {
  Decoded,
  Difference,
  DocumentSource,
  Done,
  InferenceMethods,
  InferenceSettings,
  TokenizerChoice,
  TokenizerId,
} from './methods.ts';
