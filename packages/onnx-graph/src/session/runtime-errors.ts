import { SpeechTokensError } from '@speech-tokens/core';

/** Maps what ONNX Runtime throws to an `inference-failed` that names the stage. */
export async function withRuntimeErrors<Result>(stage: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    throw new SpeechTokensError('inference-failed', {
      problem: `ONNX Runtime failed while ${stage}`,
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: 'Check that the weights are complete (speech-tokens models verify); if they are, please report this',
      details: { stage },
      cause,
    });
  }
}
