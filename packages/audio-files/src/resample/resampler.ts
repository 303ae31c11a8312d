import { SpeechTokensError } from '@speech-tokens/core';
import { argumentError } from '../errors.ts';
import { maxChannelCount, maxSampleRateHz } from '../limits.ts';
import { loadSpeex, type SpeexModule } from './speex-module.ts';

export interface ResamplerOptions {
  /** 1 to 1,000,000. */
  readonly fromHz: number;
  readonly toHz: number;
  /** 1 to 256. */
  readonly channelCount: number;
}

/**
 * Changes the sample rate of a stream. Whatever the sizes of the pushed pieces, the joined output is the same, bit for
 * bit; its sample 0 lies at the time of input sample 0, and its length is `round(inputLength * toHz / fromHz)`.
 */
export interface Resampler {
  /**
   * Takes planar samples, one array a channel, of any length, and gives what is ready. The input is neither kept nor
   * changed; the result belongs to the caller.
   * @throws SpeechTokensError `audio-format` when the number or lengths of channels differ from what was agreed
   * @throws SpeechTokensError `session-closed` after `flush` or `close`
   */
  push(channels: readonly Float32Array[]): Float32Array[];
  /** Gives the rest and frees the resampler. */
  flush(): Float32Array[];
  /** Frees the resampler. May be called more than once. */
  close(): void;
}

/** Speex's best: 256 taps a phase at the lower rate, Kaiser window; measured in test/resampler-quality.test.ts. */
const quality = 10;

/** Samples that go through native memory at a time. */
const blockSamples = 4096;

/** Native memory of resamplers that nobody closed. */
const forgotten = /* @__PURE__ */ new FinalizationRegistry<() => void>((free) => free());

/**
 * A resampler on SpeexDSP (windowed sinc). Asynchronous only while its code is loaded for the first time.
 * @throws SpeechTokensError `argument-invalid` when a rate or the channel count is out of range
 */
export async function createResampler(options: ResamplerOptions): Promise<Resampler> {
  const { fromHz, toHz, channelCount } = options;
  checkInteger('fromHz', fromHz, maxSampleRateHz);
  checkInteger('toHz', toHz, maxSampleRateHz);
  checkInteger('channelCount', channelCount, maxChannelCount);
  if (fromHz === toHz) return createPassThrough(channelCount);
  return createSpeexResampler(await loadSpeex(), options);
}

/** Native memory of one resampler. */
interface NativeResampler {
  /** [error, or used and made lengths: 4 words][input block][output block] */
  readonly scratch: number;
  readonly outputCapacity: number;
  /** One native resampler a channel: they then never differ by how their pieces were cut. */
  readonly states: readonly number[];
  free(): void;
}

// Apart from the resampler object: what frees a forgotten one must not hold on to it.
function allocateNative(module: SpeexModule, { fromHz, toHz, channelCount }: ResamplerOptions): NativeResampler {
  const outputCapacity = Math.max(64, Math.ceil((blockSamples * toHz) / fromHz) + 64);
  const scratch = module._malloc(16 + 4 * (blockSamples + outputCapacity));
  const states: number[] = [];
  let isFree = false;
  const free = (): void => {
    if (isFree) return;
    isFree = true;
    for (const state of states) module._speex_resampler_destroy(state);
    if (scratch !== 0) module._free(scratch);
  };
  for (let channel = 0; channel < channelCount; channel++) {
    const state = scratch === 0 ? 0 : module._speex_resampler_init(1, fromHz, toHz, quality, scratch);
    if (state === 0) {
      free();
      throw new SpeechTokensError('audio-format', {
        problem: 'No resampler can be made for these rates',
        found: `${fromHz} Hz to ${toHz} Hz, ${channelCount} channels`,
        wanted: 'rates whose filter fits into memory',
        remedy: 'Resample in two steps, or to a rate that is nearer',
        details: {},
      });
    }
    module._speex_resampler_skip_zeros(state);
    states.push(state);
  }
  return { scratch, outputCapacity, states, free };
}

function createSpeexResampler(module: SpeexModule, options: ResamplerOptions): Resampler {
  const { fromHz, toHz, channelCount } = options;
  const native = allocateNative(module, options);
  const { scratch, outputCapacity, states } = native;
  let isClosed = false;
  const latencySamples = module._speex_resampler_get_input_latency(states[0]!);

  /** Runs one channel; stops when the input is used up or `limit` samples were made. */
  const runChannel = (state: number, input: Float32Array, limit: number): Float32Array => {
    const pieces: Float32Array[] = [];
    let made = 0;
    const inputPointer = scratch + 16;
    const outputPointer = inputPointer + 4 * blockSamples;
    for (let used = 0; used < input.length && made < limit; ) {
      const block = input.subarray(used, used + blockSamples);
      // Memory may have grown, and moved its views, since the last call.
      module.HEAPF32.set(block, inputPointer >> 2);
      module.HEAPU32[scratch >> 2] = block.length;
      module.HEAPU32[(scratch >> 2) + 1] = Math.min(outputCapacity, limit - made);
      module._speex_resampler_process_float(state, 0, inputPointer, scratch, outputPointer, scratch + 4);
      used += module.HEAPU32[scratch >> 2]!;
      const count = module.HEAPU32[(scratch >> 2) + 1]!;
      const start = outputPointer >> 2;
      if (count > 0) pieces.push(module.HEAPF32.slice(start, start + count));
      made += count;
    }
    return joinPieces(pieces);
  };

  let takenSamples = 0;
  let madeSamples = 0;
  /** Samples due after so many of the input, exact also beyond 2^53 / toHz. */
  const dueSamples = (): number =>
    Number((BigInt(takenSamples) * BigInt(2 * toHz) + BigInt(fromHz)) / BigInt(2 * fromHz));

  const resampler: Resampler = {
    push(channels) {
      checkOpen(isClosed);
      const length = checkedLength(channels, channelCount);
      takenSamples += length;
      const output = channels.map((samples, channel) => runChannel(states[channel]!, samples, Infinity));
      madeSamples += output[0]!.length;
      return output;
    },
    flush() {
      checkOpen(isClosed);
      const missing = dueSamples() - madeSamples;
      // Behind the end lies silence, as long as the filter reaches, and a little more for rounding.
      const tail = new Float32Array(latencySamples + Math.ceil(fromHz / toHz) + 1);
      const output = states.map((state) => runChannel(state, tail, missing));
      resampler.close();
      return output;
    },
    close() {
      isClosed = true;
      forgotten.unregister(resampler);
      native.free();
    },
  };
  forgotten.register(resampler, native.free, resampler);
  return resampler;
}

/** Equal rates: the samples as they are. */
function createPassThrough(channelCount: number): Resampler {
  let isClosed = false;
  return {
    push(channels) {
      checkOpen(isClosed);
      checkedLength(channels, channelCount);
      return channels.map((samples) => samples.slice());
    },
    flush() {
      checkOpen(isClosed);
      isClosed = true;
      return Array.from({ length: channelCount }, () => new Float32Array(0));
    },
    close() {
      isClosed = true;
    },
  };
}

/** One array of all pieces. */
export function joinPieces(pieces: readonly Float32Array[]): Float32Array {
  if (pieces.length === 1) return pieces[0]!;
  const joined = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

function checkInteger(argument: string, value: number, largest: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > largest) {
    throw argumentError(argument, String(value), `an integer from 1 to ${largest}`);
  }
}

function checkOpen(isClosed: boolean): void {
  if (!isClosed) return;
  throw new SpeechTokensError('session-closed', {
    problem: 'The resampler was flushed or closed',
    remedy: 'Create a new one for the next stream',
    details: {},
  });
}

function checkedLength(channels: readonly Float32Array[], channelCount: number): number {
  const length = channels[0]?.length ?? 0;
  if (channels.length === channelCount && channels.every((samples) => samples.length === length)) return length;
  throw new SpeechTokensError('audio-format', {
    problem: 'The pushed samples do not fit the resampler',
    found: `${channels.length} channels of ${channels.map((samples) => samples.length).join(', ')} samples`,
    wanted: `${channelCount} channels of equal length`,
    remedy: 'Mix to the wanted channels first',
    details: {},
  });
}
