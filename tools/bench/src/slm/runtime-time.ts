import { createRequire } from 'node:module';

/** Milliseconds that passed within ONNX Runtime. */
export interface RuntimeTime {
  /** Of all runs since the last call. */
  take(): number;
}

/** What is used of `InferenceSession`. */
interface Session {
  run(this: Session, ...args: readonly unknown[]): Promise<unknown>;
}

/** Times each run of ONNX Runtime in this process, from its call to its result. Runs must follow each other. */
export function watchRuntime(): RuntimeTime {
  // The very module that graphs are run with, wherever it was installed.
  const ofModels = createRequire(import.meta.resolve('@speech-tokens/slm-runtime'));
  const ofGraphs = createRequire(ofModels.resolve('@speech-tokens/onnx-graph'));
  const { prototype } = (ofGraphs('onnxruntime-node') as { readonly InferenceSession: { readonly prototype: Session } })
    .InferenceSession;
  let milliseconds = 0;
  const { run } = prototype;
  prototype.run = async function timed(...args: readonly unknown[]): Promise<unknown> {
    const start = performance.now();
    try {
      return await run.call(this, ...args);
    } finally {
      milliseconds += performance.now() - start;
    }
  };
  return {
    take() {
      const taken = milliseconds;
      milliseconds = 0;
      return taken;
    },
  };
}
