import type { InferenceSession } from 'onnxruntime-node';

/** How a model is run. */
export interface RuntimeOptions {
  /** Threads of one run. 1 by default: small streaming graphs gain nothing from more. */
  readonly threadCount?: number;
  /**
   * Whether the runtime plans the memory of a run once for each set of input shapes. True by default; of use where
   * shapes recur, as in streams and windows.
   */
  readonly memoryPattern?: boolean;
  /** ONNX Runtime's execution providers in order of preference. `['cpu']` by default: exact streams are promised there. */
  readonly executionProviders?: readonly string[];
}

export function runtimeOptions(options: RuntimeOptions): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: options.threadCount ?? 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: options.memoryPattern ?? true,
    executionProviders: [...(options.executionProviders ?? ['cpu'])],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  };
}
