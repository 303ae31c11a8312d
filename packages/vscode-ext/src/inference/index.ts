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
  TokenizerChoice,
  TokenizerId,
} from './methods.ts';
