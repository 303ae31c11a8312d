import {
  type CallOptions,
  createStreamSession,
  type PcmChunk,
  type PlainData,
  type SessionState,
  type SpeechTokenizerV1,
  SpeechTokensError,
  type StreamMachine,
  type TokenGrid,
  type TokenizerSettings,
  type TokenSpace,
  validateAudioClip,
} from '@speech-tokens/core';
import type { BuiltGraph, GraphSession, GraphState } from '@speech-tokens/onnx-graph';
import { assertContinues, framesPerRun } from './stream-rules.ts';

export interface CausalTokenizerParts {
  readonly tokenSpace: TokenSpace;
  /** One hop for all codebooks. */
  readonly hopSamples: number;
  /**
   * How many frames late the encoder is: its step i codes frame i − lookaheadFrames. The first steps of a stream give
   * nothing, and as many steps of silence follow its end.
   */
  readonly lookaheadFrames: number;
  /**
   * A graph `samples [frames · hop] → codes int32 [frames, codebookCount]` of the first `codebookCount` codebooks, with its
   * state carried.
   */
  buildEncoder(codebookCount: number): BuiltGraph;
  /** Loads an encoder: once for each count that is asked for. */
  openGraph(graph: BuiltGraph): Promise<GraphSession>;
}

/**
 * A mono tokenizer around a causal encoder: whole clips go the same way as streams, so both give the same tokens.
 * @throws SpeechTokensError `checkpoint-invalid` when the encoder cannot be built
 */
export function createCausalTokenizer(parts: CausalTokenizerParts): SpeechTokenizerV1 {
  const { tokenSpace, hopSamples, lookaheadFrames } = parts;
  const audioFormat = { sampleRateHz: tokenSpace.sampleRateHz, channelCount: 1 };
  // A checkpoint that does not fit is refused now, not at the first call.
  parts.buildEncoder(tokenSpace.codebooks.length);
  const encoders = new Map<number, Promise<GraphSession>>();
  const encoderOf = (codebookCount: number): Promise<GraphSession> => {
    const opened = encoders.get(codebookCount) ?? parts.openGraph(parts.buildEncoder(codebookCount));
    encoders.set(codebookCount, opened);
    return opened;
  };
  let released: Promise<void> | undefined;
  const open = async (settings: TokenizerSettings & { readonly state?: SessionState }) => {
    const codebookCount = checkCodebookCount(settings.codebookCount, tokenSpace.codebooks.length);
    const encoder = await encoderOf(codebookCount);
    return createStreamSession(new EncoderStream(parts, encoder, codebookCount), {
      writtenBy: `tokenizer ${tokenSpace.id} with ${codebookCount} codebooks`,
      formatVersion: 1,
      state: settings.state,
      isClosed: () => released !== undefined,
    });
  };
  return {
    specificationVersion: 'v1',
    tokenSpace,
    audioFormat,
    async tokenize(clip, { codebookCount, ...options } = {}) {
      options.signal?.throwIfAborted();
      const session = await open(codebookCount === undefined ? {} : { codebookCount });
      const pieces = [
        ...(await session.push({ ...clip, startSample: 0 }, options)),
        ...(await session.flush({ ...(options.signal && { signal: options.signal }) })),
      ];
      const count = codebookCount ?? tokenSpace.codebooks.length;
      return {
        tokenSpace,
        startSample: 0,
        sampleCount: clip.channels[0]!.length,
        tracks: Array.from({ length: count }, (_, k) => ({ ids: joined(pieces.map((piece) => piece.tracks[k]!.ids)) })),
      };
    },
    streaming: {
      latencySamples: (lookaheadFrames + 1) * hopSamples,
      open: (settings = {}) => open(settings),
    },
    close() {
      released ??= closeAll([...encoders.values()]);
      return released;
    },
  };
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkCodebookCount(count: number | undefined, available: number): number {
  if (count === undefined) return available;
  if (Number.isInteger(count) && count >= 1 && count <= available) return count;
  throw new SpeechTokensError('argument-invalid', {
    problem: 'The number of codebooks is out of range',
    found: String(count),
    wanted: `an integer from 1 to ${available}`,
    remedy: 'Leave it out to use all codebooks',
    details: { argument: 'codebookCount' },
  });
}

async function closeAll(sessions: readonly Promise<GraphSession>[]): Promise<void> {
  for (const opening of sessions)
    await opening.then(
      (session) => session.close(),
      () => undefined,
    );
}

class EncoderStream implements StreamMachine<PcmChunk, TokenGrid> {
  readonly #parts: CausalTokenizerParts;
  readonly #codebookCount: number;
  readonly #encoder: GraphSession;
  readonly #state: GraphState;
  /** Samples pushed that do not fill a frame yet. */
  #pending: Float32Array = new Float32Array(0);
  #samplesPushed = 0;
  /** Frames that went through the encoder. */
  #steps = 0;

  constructor(parts: CausalTokenizerParts, encoder: GraphSession, codebookCount: number) {
    this.#parts = parts;
    this.#encoder = encoder;
    this.#codebookCount = codebookCount;
    this.#state = encoder.createState();
  }

  accept(chunk: PcmChunk): PcmChunk {
    validateAudioClip(chunk, { sampleRateHz: this.#parts.tokenSpace.sampleRateHz, channelCount: 1 });
    return { ...chunk, channels: [chunk.channels[0]!.slice()] };
  }

  async push(chunk: PcmChunk, options: CallOptions): Promise<readonly TokenGrid[]> {
    assertContinues('audio', chunk.startSample, this.#samplesPushed);
    const samples = chunk.channels[0]!;
    this.#samplesPushed += samples.length;
    const available = joined([this.#pending, samples]);
    const whole = available.length - (available.length % this.#parts.hopSamples);
    this.#pending = available.slice(whole);
    return this.#encode(available.subarray(0, whole), options);
  }

  async flush(options: CallOptions): Promise<readonly TokenGrid[]> {
    const { hopSamples, lookaheadFrames } = this.#parts;
    const missing = Math.ceil(this.#samplesPushed / hopSamples) + lookaheadFrames - this.#steps;
    if (this.#samplesPushed === 0) return [];
    const tail = new Float32Array(missing * hopSamples);
    tail.set(this.#pending);
    this.#pending = new Float32Array(0);
    return this.#encode(tail, options);
  }

  reset(): void {
    this.#state.reset();
    this.#pending = new Float32Array(0);
    this.#samplesPushed = 0;
    this.#steps = 0;
  }

  save(): PlainData {
    return {
      network: this.#state.save(),
      pending: this.#pending.slice(),
      samplesPushed: this.#samplesPushed,
      steps: this.#steps,
    };
  }

  restore(data: PlainData): boolean {
    const { network, pending, samplesPushed, steps } = (data ?? {}) as Record<string, PlainData>;
    const valid =
      pending instanceof Float32Array &&
      pending.length < this.#parts.hopSamples &&
      Number.isSafeInteger(samplesPushed) &&
      Number.isSafeInteger(steps) &&
      this.#state.restore(network) === undefined;
    if (!valid) return false;
    this.#pending = pending.slice();
    this.#samplesPushed = samplesPushed as number;
    this.#steps = steps as number;
    return true;
  }

  /** Runs whole frames, and gives the tokens that are settled by them as at most one grid. */
  async #encode(samples: Float32Array, { signal, onProgress }: CallOptions): Promise<readonly TokenGrid[]> {
    const { hopSamples, lookaheadFrames, tokenSpace } = this.#parts;
    const frameCount = samples.length / hopSamples;
    const firstStep = this.#steps;
    const tracks = Array.from({ length: this.#codebookCount }, () => ({ ids: new Uint32Array(frameCount) }));
    for (let start = 0; start < frameCount; start += framesPerRun) {
      signal?.throwIfAborted();
      const end = Math.min(frameCount, start + framesPerRun);
      const values = samples.subarray(start * hopSamples, end * hopSamples);
      const { codes } = await this.#encoder.run({ samples: { values, shape: [values.length] } }, this.#state);
      for (const [k, { ids }] of tracks.entries()) {
        for (let frame = start; frame < end; frame++) ids[frame] = codes![(frame - start) * this.#codebookCount + k]!;
      }
      this.#steps += end - start;
      onProgress?.({ stage: 'Tokenizing', done: end * hopSamples, total: samples.length, unit: 'samples' });
    }
    const skipped = Math.max(0, lookaheadFrames - firstStep);
    if (frameCount <= skipped) return [];
    const startSample = (firstStep + skipped - lookaheadFrames) * hopSamples;
    return [
      {
        tokenSpace,
        startSample,
        sampleCount: Math.min((frameCount - skipped) * hopSamples, this.#samplesPushed - startSample),
        tracks: tracks.map(({ ids }) => ({ ids: ids.subarray(skipped) })),
      },
    ];
  }
}

function joined<Values extends Float32Array | Uint32Array>(parts: readonly Values[]): Values {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const [first] = parts;
  const result = (first instanceof Float32Array ? new Float32Array(length) : new Uint32Array(length)) as Values;
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
