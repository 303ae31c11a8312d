import { createStreamSession, type PcmChunk, SpeechTokensError, type Streaming } from '@speech-tokens/core';
import { openOnnxFile, type RuntimeOptions } from '@speech-tokens/onnx-graph';
import { SileroStream, silero } from './silero-stream.ts';
import type { SpeechBoundary } from './speech-detector.ts';
import { detectorSettings, type VoiceActivitySettings } from './voice-activity-settings.ts';

/**
 * Tells where speech begins and ends in a stream of mono sound. Boundaries come in order, the same whatever the pieces
 * that are pushed; the start of speech lies no further back than `latencySamples` when it is told.
 */
export interface VoiceActivity extends Streaming<PcmChunk, SpeechBoundary> {
  /** Of the sound, and of positions in it. */
  readonly sampleRateHz: number;
  /** Frees the model. May be called more than once; open streams end. */
  close(): Promise<void>;
}

export interface VoiceActivityOptions extends VoiceActivitySettings, RuntimeOptions {
  /** Is told the probability of speech in each window of 512 samples, 32 ms. */
  onProbability?(probability: number): void;
}

/**
 * Opens Silero's voice activity detector: sound of 16 kHz, a boundary is found within a window of 32 ms.
 * @param path of `sileroFile`, as a model store resolves it
 * @throws SpeechTokensError `checkpoint-invalid` when it is another model or damaged; `argument-invalid`;
 * `inference-unavailable`
 */
export async function openVoiceActivity(path: string, options: VoiceActivityOptions = {}): Promise<VoiceActivity> {
  const { sampleRateHz, windowSamples } = silero;
  const settings = detectorSettings(options, sampleRateHz);
  const model = await openOnnxFile(path, options);
  if (['input', 'state', 'sr'].some((name) => !model.inputNames.includes(name))) {
    await model.close();
    throw new SpeechTokensError('checkpoint-invalid', {
      problem: `${path} is not Silero's voice activity detector`,
      found: `inputs ${model.inputNames.join(', ')}`,
      wanted: 'input, state, sr',
      remedy: 'Take the file of its fifth version or later, silero_vad_16k_op15.onnx',
      details: { path },
    });
  }
  const { minimumSpeech, minimumSilence, paddingBefore } = settings;
  let isClosed = false;
  return {
    sampleRateHz,
    latencySamples: 2 * windowSamples + paddingBefore + minimumSpeech + minimumSilence,
    async open({ state } = {}) {
      return createStreamSession(new SileroStream(model, settings, options.onProbability), {
        writtenBy: `voice activity ${JSON.stringify(settings)}`,
        formatVersion: 1,
        state,
        isClosed: () => isClosed,
      });
    },
    async close() {
      isClosed = true;
      await model.close();
    },
  };
}
