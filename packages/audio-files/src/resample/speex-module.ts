/// <reference path="./speex-resampler-wasm.d.ts" />
import createModule from '@echogarden/speex-resampler-wasm/simd';

/** What is used of SpeexDSP's `speex_resampler.h`; pointers are byte offsets in the module's memory. */
export interface SpeexModule {
  readonly HEAPF32: Float32Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _speex_resampler_init(
    channelCount: number,
    fromHz: number,
    toHz: number,
    quality: number,
    errorPointer: number,
  ): number;
  _speex_resampler_destroy(state: number): void;
  _speex_resampler_skip_zeros(state: number): number;
  _speex_resampler_get_input_latency(state: number): number;
  /** Both lengths are read and written: in, what is there or has room; out, what was used or made. */
  _speex_resampler_process_float(
    state: number,
    channel: number,
    input: number,
    inputLengthPointer: number,
    output: number,
    outputLengthPointer: number,
  ): number;
}

let loading: Promise<SpeexModule> | undefined;

/** One instance for the process: each would reserve address space of its own. Loaded on first use. */
export function loadSpeex(): Promise<SpeexModule> {
  loading ??= createModule() as Promise<SpeexModule>;
  return loading;
}
