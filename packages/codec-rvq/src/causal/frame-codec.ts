import { SpeechTokensError } from '@speech-tokens/core';
import type { GraphState } from '@speech-tokens/onnx-graph';

/** The network side of a causal encoder: whole frames in, codes out, everything else carried in a state. */
export interface FrameEncoder {
  createState(): GraphState;
  /**
   * Encodes the frames that follow those before in this state; the result does not depend on how they are grouped.
   * @param samples `[frames · hop]`
   * @returns codes `[frames, codebooks]`, frame by frame
   */
  encode(samples: Float32Array, state: GraphState): Promise<Int32Array>;
}

/** The network side of a causal decoder. */
export interface FrameDecoder {
  createState(): GraphState;
  /**
   * @param codes `[frames, codebooks]`; a code equal to the codebook's size leaves that codebook out
   * @returns samples `[frames · hop]`
   */
  decode(codes: Int32Array, state: GraphState): Promise<Float32Array>;
}

/**
 * Frames of one run. More make whole files faster up to here, and a run is the step at which a call can be aborted:
 * two seconds of audio at 50 frames a second take some tens of milliseconds.
 */
export const framesPerRun = 100;

/** @throws SpeechTokensError `stream-order` when a piece does not start where the last one ended */
export function assertContinues(pieces: 'audio' | 'tokens', foundStartSample: number, wantedStartSample: number): void {
  if (foundStartSample === wantedStartSample) return;
  throw new SpeechTokensError('stream-order', {
    problem: `A piece of ${pieces} does not start where the last one ended`,
    found: `a start at sample ${foundStartSample}`,
    wanted: `sample ${wantedStartSample}`,
    remedy: 'Push pieces in order, without gaps; call reset() to start a new stream',
    details: { foundStartSample, wantedStartSample },
  });
}
