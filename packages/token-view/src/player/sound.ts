/** Sound that can be played: planar, at one rate. */
export interface Sound {
  readonly title: string;
  readonly sampleRateHz: number;
  readonly channels: readonly Float32Array[];
}

/** Sound that is not held as a whole, but read by ranges while it plays. */
export interface StreamedSound {
  readonly title: string;
  readonly sampleRateHz: number;
  readonly channelCount: number;
  /** Samples in each channel. */
  readonly sampleCount: number;
  /** The samples of a range within the sound, channel by channel. */
  read(startSample: number, endSample: number, signal: AbortSignal): Promise<readonly Float32Array[]>;
}

export function isStreamed(sound: Sound | StreamedSound): sound is StreamedSound {
  return 'read' in sound;
}
