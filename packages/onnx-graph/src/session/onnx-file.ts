import { SpeechTokensError } from '@speech-tokens/core';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { TensorInput } from './graph-session.ts';
import { loadRuntime, type Runtime } from './runtime.ts';
import { withRuntimeErrors } from './runtime-errors.ts';
import { type RuntimeOptions, runtimeOptions } from './runtime-options.ts';

/** A finished `.onnx` file that someone published. */
export interface OnnxFile {
  readonly path: string;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs it once. Integers are 32 bits wide at this border, whatever the model takes.
   * @throws SpeechTokensError `inference-failed`; `session-closed` after `close`
   */
  run(inputs: Readonly<Record<string, TensorInput>>): Promise<Readonly<Record<string, TensorInput>>>;
  /** Frees the model once the runs in progress have ended. May be called more than once. */
  close(): Promise<void>;
}

/**
 * Loads a published model.
 * @throws SpeechTokensError `checkpoint-invalid` when it is no ONNX model or a damaged one; `inference-unavailable`
 */
export async function openOnnxFile(path: string, options: RuntimeOptions = {}): Promise<OnnxFile> {
  const runtime = await loadRuntime();
  const session = await openSession(runtime, path, options);
  const types = new Map(session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : 'none']));
  const running = new Set<Promise<unknown>>();
  let released: Promise<void> | undefined;
  return {
    path,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs) {
      if (released !== undefined) {
        throw new SpeechTokensError('session-closed', {
          problem: `${path} takes nothing more`,
          found: 'It was closed',
          remedy: 'Load the model again',
          details: {},
        });
      }
      const feeds: Record<string, Tensor> = {};
      for (const [name, input] of Object.entries(inputs)) feeds[name] = toTensor(runtime, input, types.get(name));
      const run = withRuntimeErrors(`running ${path}`, () => session.run(feeds));
      running.add(run);
      try {
        return Object.fromEntries(Object.entries(await run).map(([name, tensor]) => [name, fromTensor(tensor)]));
      } finally {
        running.delete(run);
      }
    },
    close() {
      released ??= Promise.allSettled(running).then(() => session.release());
      return released;
    },
  };
}

async function openSession(runtime: Runtime, path: string, options: RuntimeOptions): Promise<InferenceSession> {
  try {
    return await runtime.InferenceSession.create(path, runtimeOptions(options));
  } catch (cause) {
    throw new SpeechTokensError('checkpoint-invalid', {
      problem: `${path} could not be loaded by ONNX Runtime`,
      found: cause instanceof Error ? cause.message : String(cause),
      wanted: 'an ONNX model, with the files of its weights beside it',
      remedy: 'Check that the file is complete',
      details: { path },
      cause,
    });
  }
}

function toTensor(runtime: Runtime, { values, shape }: TensorInput, type: string | undefined): Tensor {
  if (type === 'int64') return new runtime.Tensor('int64', BigInt64Array.from(values, BigInt), shape);
  if (type === 'bool') return new runtime.Tensor('bool', Uint8Array.from(values), shape);
  return values instanceof Float32Array
    ? new runtime.Tensor('float32', values, shape)
    : new runtime.Tensor('int32', values, shape);
}

function fromTensor({ data, dims }: Tensor): TensorInput {
  const values = data instanceof BigInt64Array ? Int32Array.from(data, Number) : (data as Float32Array | Int32Array);
  return { values, shape: dims };
}
