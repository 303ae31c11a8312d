import { createRequire } from 'node:module';
import { SpeechTokensError } from '@speech-tokens/core';
import type * as OnnxRuntime from 'onnxruntime-node';

export type Runtime = typeof OnnxRuntime;

let loading: Promise<Runtime> | undefined;

/**
 * ONNX Runtime, loaded on first use: importing a plugin loads no native code.
 * @throws SpeechTokensError `inference-unavailable` where its package has no build for this platform
 */
export function loadRuntime(): Promise<Runtime> {
  loading ??= importRuntime();
  return loading;
}

async function importRuntime(): Promise<Runtime> {
  // Its builds carry a telemetry client, which writes files to the temporary and cache folders as soon as the library
  // is loaded. Speech Tokens has no telemetry; whoever wants that of ONNX Runtime sets the variable to 0.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  try {
    // A CommonJS package: `require` gives its exports without the wrapping that `import` adds.
    return createRequire(import.meta.url)('onnxruntime-node') as Runtime;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    loading = undefined;
    throw new SpeechTokensError('inference-unavailable', {
      problem: 'ONNX Runtime could not be loaded',
      found: `platform ${platform} (${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)})`,
      wanted: 'linux-x64, linux-arm64, darwin-arm64, win32-x64 or win32-arm64, with glibc on Linux',
      remedy: 'Install onnxruntime-node on one of these platforms, and reinstall it if its binaries are missing',
      details: { platform },
      cause,
    });
  }
}
