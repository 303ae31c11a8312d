import type {
  AudioClip,
  CallOptions,
  PcmChunk,
  SessionState,
  SpeechDetokenizerV1,
  SpeechTokenizerV1,
  StreamSession,
  TokenGrid,
  TokenSpace,
} from '../../src/index.ts';

export type Data = AudioClip | PcmChunk | TokenGrid;
export type PartOptions = CallOptions & { readonly codebookCount?: number };
export type PartCall = (input: Data, options?: PartOptions) => Promise<Data>;
export type PartSession = StreamSession<Data, Data> & { saveState(): Promise<SessionState> };
export type OpenOptions = { readonly codebookCount?: number; readonly state?: SessionState };

/** A tokenizer or detokenizer by the same names, so that a fault can be written once for both. */
export interface CodecPart {
  readonly name: 'tokenizer' | 'detokenizer';
  readonly specificationVersion: string;
  readonly tokenSpace: TokenSpace;
  readonly call: PartCall;
  readonly callBatch: (inputs: readonly Data[], options?: PartOptions) => Promise<readonly Data[]>;
  readonly latencySamples: number;
  readonly open: (options?: OpenOptions) => Promise<PartSession>;
  readonly close: () => Promise<void>;
}

export function partOfTokenizer(tokenizer: SpeechTokenizerV1): CodecPart {
  return {
    name: 'tokenizer',
    specificationVersion: tokenizer.specificationVersion,
    tokenSpace: tokenizer.tokenSpace,
    call: (input, options) => tokenizer.tokenize(input as AudioClip, options),
    callBatch: async (inputs, options) => (await tokenizer.tokenizeBatch?.(inputs as AudioClip[], options)) ?? [],
    latencySamples: tokenizer.streaming?.latencySamples ?? 0,
    open: async (options) => (await tokenizer.streaming?.open(options)) as PartSession,
    close: () => tokenizer.close(),
  };
}

export function partOfDetokenizer(detokenizer: SpeechDetokenizerV1): CodecPart {
  return {
    name: 'detokenizer',
    specificationVersion: detokenizer.specificationVersion,
    tokenSpace: detokenizer.tokenSpace,
    call: (input, options) => detokenizer.detokenize(input as TokenGrid, options),
    callBatch: async (inputs, options) => (await detokenizer.detokenizeBatch?.(inputs as TokenGrid[], options)) ?? [],
    latencySamples: detokenizer.streaming?.latencySamples ?? 0,
    open: async (options) => (await detokenizer.streaming?.open(options)) as PartSession,
    close: () => detokenizer.close(),
  };
}

export function tokenizerOfPart(part: CodecPart, { audioFormat }: SpeechTokenizerV1): SpeechTokenizerV1 {
  return {
    specificationVersion: part.specificationVersion as 'v1',
    tokenSpace: part.tokenSpace,
    audioFormat,
    tokenize: part.call as SpeechTokenizerV1['tokenize'],
    tokenizeBatch: part.callBatch as never,
    streaming: { latencySamples: part.latencySamples, open: part.open as never },
    close: part.close,
  };
}

export function detokenizerOfPart(part: CodecPart, { audioFormat }: SpeechDetokenizerV1): SpeechDetokenizerV1 {
  return {
    specificationVersion: part.specificationVersion as 'v1',
    tokenSpace: part.tokenSpace,
    audioFormat,
    detokenize: part.call as SpeechDetokenizerV1['detokenize'],
    detokenizeBatch: part.callBatch as never,
    streaming: { latencySamples: part.latencySamples, open: part.open as never },
    close: part.close,
  };
}

/** The arrays that a piece of data is made of. */
export function arraysOf(data: Data): readonly (Float32Array | Uint32Array)[] {
  return 'tracks' in data ? data.tracks.map(({ ids }) => ids) : data.channels;
}

export function withArrays(
  data: Data,
  change: (array: Float32Array | Uint32Array) => Float32Array | Uint32Array,
): Data {
  if (!('tracks' in data))
    return { ...data, channels: data.channels.map((samples) => change(samples) as Float32Array) };
  return { ...data, tracks: data.tracks.map(({ ids }) => ({ ids: change(ids) as Uint32Array })) };
}

export function lengthOf(data: Data): number {
  return 'tracks' in data ? data.sampleCount : (data.channels[0]?.length ?? 0);
}

/** Equal for equal content. */
export function contentOf(data: Data): string {
  return arraysOf(data)
    .map((array) => array.join())
    .join(';');
}

/** A copy with its last value off by a little, and still valid. */
export function spoil(data: Data): Data {
  return withArrays(data, (array) => {
    const copy = array.slice();
    spoilInPlace(copy);
    return copy;
  });
}

export function spoilInPlace(array: Float32Array | Uint32Array): void {
  const last = array.length - 1;
  if (last < 0) return;
  array[last] = array instanceof Uint32Array ? (array[last] as number) ^ 1 : (array[last] as number) * 0.5 + 0.125;
}

export function spoilAll(pieces: readonly Data[]): readonly Data[] {
  return pieces.map(spoil);
}
