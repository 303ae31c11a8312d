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
  Fetched,
  FetchOffer,
  InferenceMethods,
  InferenceSettings,
  ModelFacts,
  Pictures,
  SampleRange,
  TokenizerChoice,
  TokenizerId,
  TokensPart,
} from './methods.ts';
