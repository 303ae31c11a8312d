import { frameRateHz, type TokenSpace, type TokenTrack } from '@speech-tokens/core';
import type { LanePlace } from '@speech-tokens/token-view';
import type { TimeWindow } from './time-window.ts';

/**
 * The ids of one codebook along time within a window, of bounded memory: beyond `capacity` frames only every 2nd, 4th, …
 * is kept.
 */
export interface TokenLane {
  readonly name: string;
  readonly size: number;
  /** The codebook's place in its token space. */
  readonly place: LanePlace;
  /** `undefined` where the codebook has no clock: such tokens have no place on a time axis. */
  readonly frameSeconds: number | undefined;
  /** A piece whose first frame follows the last one given. */
  push(track: TokenTrack): void;
  /** The id of a frame, or of the nearest kept one before it; `undefined` outside the window. */
  idAt(frame: number): number | undefined;
  /** How many frames each kept one stands for. */
  framesPerEntry(): number;
}

export function createTokenLane(
  tokenSpace: TokenSpace,
  codebookIndex: number,
  window: TimeWindow,
  capacity = 32_768,
): TokenLane {
  const { codebooks } = tokenSpace;
  const codebook = codebooks[codebookIndex]!;
  const rateHz = frameRateHz(tokenSpace, codebook);
  const frameSeconds = rateHz === undefined ? undefined : 1 / rateHz;
  const firstFrame = frameSeconds === undefined ? 0 : Math.floor(window.startSeconds / frameSeconds);
  const endFrame = frameSeconds === undefined ? 0 : Math.ceil(window.endSeconds / frameSeconds);
  let passed = 0;
  let kept = new Uint32Array(1024);
  let stride = 1;
  let frames = 0;
  const addFrame = (id: number): void => {
    const frame = passed++;
    if (frame < firstFrame || frame >= endFrame) return;
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
    place: { index: codebookIndex, count: codebooks.length },
    frameSeconds,
    push({ ids, durationsFrames }) {
      for (let i = 0; i < ids.length; i++) {
        for (let left = durationsFrames?.[i] ?? 1; left > 0; left--) addFrame(ids[i]!);
      }
    },
    idAt(frame) {
      const index = frame - firstFrame;
      return index < 0 || index >= frames ? undefined : kept[Math.floor(index / stride)];
    },
    framesPerEntry: () => stride,
  };
}
