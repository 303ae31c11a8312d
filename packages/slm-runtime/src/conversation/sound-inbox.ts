import { joined } from '@speech-tokens/core';

/** Sound on its way into a model, from pieces of any size into frames of one. */
export interface SoundInbox {
  /**
   * Takes a copy of the samples, one array a channel. Resolves as soon as no more is held than there is room for; rejects
   * with the error of `close`.
   */
  push(channels: readonly Float32Array[]): Promise<void>;
  /** The next frame, once it is whole; after `end` the rest, which may be shorter; then nothing. */
  take(): Promise<readonly Float32Array[] | undefined>;
  end(): void;
  /** Drops what is held. */
  close(error: unknown): void;
}

/** @param frameSamples of a frame @param capacitySamples that are held, at least a frame */
export function createSoundInbox(frameSamples: number, capacitySamples: number): SoundInbox {
  const pieces: (readonly Float32Array[])[] = [];
  let heldSamples = 0;
  let isEnded = false;
  let pushes: { resolve(): void; reject(error: unknown): void }[] = [];
  let taker: ((frame: readonly Float32Array[] | undefined) => void) | undefined;

  const nextFrame = (): readonly Float32Array[] | undefined => {
    const count = Math.min(frameSamples, heldSamples);
    if (count === 0) return undefined;
    const parts: (readonly Float32Array[])[] = [];
    for (let missing = count; missing > 0; ) {
      const piece = pieces[0]!;
      const used = Math.min(missing, piece[0]!.length);
      parts.push(piece.map((samples) => samples.subarray(0, used)));
      if (used === piece[0]!.length) pieces.shift();
      else pieces[0] = piece.map((samples) => samples.subarray(used));
      missing -= used;
    }
    heldSamples -= count;
    return parts[0]!.map((_, channel) => joined(parts.map((part) => part[channel]!)));
  };
  const serve = (): void => {
    if (taker !== undefined && (isEnded || heldSamples >= frameSamples)) {
      const give = taker;
      taker = undefined;
      give(nextFrame());
    }
    if (heldSamples > capacitySamples) return;
    for (const { resolve } of pushes.splice(0)) resolve();
  };

  return {
    push(channels) {
      return new Promise((resolve, reject) => {
        if (channels[0]!.length > 0) pieces.push(channels.map((samples) => samples.slice()));
        heldSamples += channels[0]!.length;
        pushes.push({ resolve, reject });
        serve();
      });
    },
    take: () =>
      new Promise((resolve) => {
        taker = resolve;
        serve();
      }),
    end() {
      isEnded = true;
      serve();
    },
    close(error) {
      isEnded = true;
      pieces.length = 0;
      heldSamples = 0;
      const left = pushes;
      pushes = [];
      for (const { reject } of left) reject(error);
      serve();
    },
  };
}
