import type { TokenTrack } from '@speech-tokens/core';

/** The ids of one codebook along time, of bounded memory: beyond `capacity` frames only every 2nd, 4th, … is kept. */
export interface TokenLane {
  readonly name: string;
  readonly size: number;
  /** `undefined` where the codebook has no clock: such tokens have no place on a time axis. */
  readonly frameSeconds: number | undefined;
  /** A piece whose first frame follows the last one given. */
  push(track: TokenTrack): void;
  /** The id of a frame, or of the nearest kept one before it; `undefined` outside. */
  idAt(frame: number): number | undefined;
  frameCount(): number;
  /** How many frames each kept one stands for. */
  framesPerEntry(): number;
}

export function createTokenLane(
  codebook: { readonly name: string; readonly size: number; readonly hopSamples?: number },
  sampleRateHz: number,
  capacity = 32_768,
): TokenLane {
  let kept = new Uint32Array(1024);
  let stride = 1;
  let frames = 0;
  const addFrame = (id: number): void => {
    if (frames % stride === 0) {
      const index = frames / stride;
      if (index === kept.length && kept.length < capacity) {
        const wider = new Uint32Array(2 * kept.length);
        wider.set(kept);
        kept = wider;
      } else if (index === kept.length) {
        for (let i = 0; i < capacity / 2; i++) kept[i] = kept[2 * i]!;
        stride *= 2;
      }
      if (frames % stride === 0) kept[frames / stride] = id;
    }
    frames++;
  };
  return {
    name: codebook.name,
    size: codebook.size,
    frameSeconds: codebook.hopSamples === undefined ? undefined : codebook.hopSamples / sampleRateHz,
    push({ ids, durationsFrames }) {
      for (let i = 0; i < ids.length; i++) {
        for (let left = durationsFrames?.[i] ?? 1; left > 0; left--) addFrame(ids[i]!);
      }
    },
    idAt(frame) {
      return frame < 0 || frame >= frames ? undefined : kept[Math.floor(frame / stride)];
    },
    frameCount: () => frames,
    framesPerEntry: () => stride,
  };
}
