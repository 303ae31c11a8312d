import type { ChooseToken } from '@speech-tokens/core';
import type { DecoderOutput } from '../backbone/decoder.ts';

/** How the ids of one step follow from what the backbone says of it. */
export interface FrameHead {
  /** What one session needs of it: buffers that belong to no other one, and hold nothing from one step to the next. */
  open(): OpenFrameHead;
  close(): Promise<void>;
}

export interface OpenFrameHead {
  /**
   * Chooses an id for each stream that the model writes, in their order.
   * @param chosen takes the ids, `[streams]`; slots of others stay as they are
   */
  fill(output: DecoderOutput, chosen: Int32Array, choose: ChooseToken, signal?: AbortSignal): Promise<void>;
}
