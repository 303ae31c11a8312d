export { type CheckContext, type ConformanceCheck, ConformanceFailure } from './conformance-check.ts';
export {
  type DefineConformanceTestsOptions,
  defineConformanceTests,
  type TestRunner,
} from './define-conformance-tests.ts';
export type { MakeGrid } from './detokenizer-side.ts';
export type { MakeRows } from './language-model-side.ts';
export {
  type CheckResult,
  type ConformanceProgress,
  defaultConformanceSeed,
  type RunConformanceOptions,
  runConformance,
} from './run-conformance.ts';
export {
  type ConformanceSubject,
  conformanceOfPlugin,
  type DetokenizerSubject,
  type LanguageModelSubject,
  type PairSubject,
  type PluginSubject,
  type TokenizerSubject,
} from './subject.ts';
export { makeMixedClip, makePureClip, type SignalKind, signalKinds } from './test-audio.ts';
