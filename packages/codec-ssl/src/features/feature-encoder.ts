import type { AudioClip, AudioFormat, CallOptions } from '@speech-tokens/core';

/** Features of a recording: continuous, one vector a frame. They are no tokens. */
export interface FeatureFrames {
  /** `[frameCount, width]`, row by row */
  readonly values: Float32Array;
  readonly frameCount: number;
  readonly width: number;
  /** Samples of the recording, at the encoder's rate. */
  readonly sampleCount: number;
  /** Samples from the middle of one frame to the middle of the next. */
  readonly hopSamples: number;
  /** The middle of what the first frame sees; a half where it lies between two samples. */
  readonly firstCentreSample: number;
  /** False where the recording was so long that it was encoded in windows: frames then see no further than their window. */
  readonly isWhole: boolean;
}

/** Turns audio into continuous features: the hidden states of one layer of a self-supervised encoder. */
export interface FeatureEncoder {
  /** For people, for example `HuBERT`. */
  readonly name: string;
  /**
   * Changes whenever the same audio would give other features: it names the weights, the layer, how recordings are
   * normalised and how long ones are cut.
   */
  readonly id: string;
  /** What `encode` takes: mono. */
  readonly audioFormat: AudioFormat;
  readonly layer: number;
  /** Layers that the checkpoint has. */
  readonly layerCount: number;
  readonly width: number;
  readonly hopSamples: number;
  readonly firstCentreSample: number;
  /** Recordings of up to this many samples are encoded as a whole, exactly as the authors' code does. */
  readonly wholeSamples: number;
  /**
   * Features of a whole clip. A clip that is shorter than the encoder's window has none. Calls may overlap.
   * @throws SpeechTokensError `audio-format`, `inference-failed`, `session-closed` after `close`
   */
  encode(clip: AudioClip, options?: CallOptions): Promise<FeatureFrames>;
  /** Frees the model. May be called more than once. */
  close(): Promise<void>;
}
