/** How samples are laid out: what a tokenizer takes and a detokenizer gives. */
export interface AudioFormat {
  readonly sampleRateHz: number;
  readonly channelCount: number;
}

/** A stretch of sound in memory. */
export interface AudioClip {
  readonly sampleRateHz: number;
  /** Planar samples, one array a channel, all of the same length; nominally within [-1, 1]. */
  readonly channels: readonly Float32Array[];
}

/** A piece of a stream of sound. */
export interface PcmChunk extends AudioClip {
  /** Where the piece starts, in samples from the start of its stream. */
  readonly startSample: number;
}

/** Samples in each channel of a clip. */
export function sampleCountOf(clip: AudioClip): number {
  return clip.channels[0]?.length ?? 0;
}
