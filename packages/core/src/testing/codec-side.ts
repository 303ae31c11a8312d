import type { CallOptions } from '../contract/call-options.ts';
import type { SpeechDetokenizerV1 } from '../contract/speech-detokenizer.ts';
import type { SpeechTokenizerV1 } from '../contract/speech-tokenizer.ts';
import type { Streaming } from '../contract/streaming.ts';
import { alignmentSamples } from '../tokens/frame-clock.ts';
import { hasSpans, type TokenSpace } from '../tokens/token-space.ts';

export interface CodebookSettings {
  readonly codebookCount?: number;
}

/**
 * A tokenizer or a detokenizer as the checks see it. The two mirror each other, so most checks are written once, over
 * this. All lengths and positions are in samples of the token space.
 */
export interface CodecSide<Input, Output, InputPiece, OutputPiece> {
  readonly name: 'tokenizer' | 'detokenizer';
  readonly part: SpeechTokenizerV1 | SpeechDetokenizerV1;
  readonly lengths: Lengths;
  /** Inputs from the author, beside those that the kit makes. */
  readonly extraInputs: readonly Input[];

  call(input: Input, options?: CallOptions & CodebookSettings): Promise<Output>;
  callBatch?(inputs: readonly Input[], options?: CallOptions & CodebookSettings): Promise<readonly Output[]>;
  readonly streaming?: Streaming<InputPiece, OutputPiece, CodebookSettings>;
  /** Input pieces start at multiples of this. */
  readonly stepSamples: number;

  /** Loads the same component once more; the kit closes it when the check is over. */
  another(): Promise<CodecSide<Input, Output, InputPiece, OutputPiece>>;

  /** A repeatable input of this length; other labels give other contents. */
  makeInput(sampleCount: number, label: string): Promise<Input>;
  lengthOf(input: Input): number;
  /** A copy that shares no memory; with `asViews`, its arrays lie in the middle of larger buffers. */
  copyInput(input: Input, options?: { readonly asViews?: boolean }): Input;
  /** The part from `start` to `end` (exclusive) with memory of its own. */
  pieceOf(input: Input, start: number, end: number, options?: { readonly asViews?: boolean }): InputPiece;
  copyPiece(piece: InputPiece): InputPiece;
  /** Overwrites every array with other, valid values. */
  scramble(input: Input | InputPiece): void;
  differenceOfInputs(found: Input | InputPiece, wanted: Input | InputPiece): string | undefined;

  /** The input as if only its first codebooks were there (grids), and likewise the output. */
  takeOfInput(input: Input, codebookCount: number): Input;
  takeOfOutput(output: Output, codebookCount: number): Output;

  differenceOfOutputs(found: Output, wanted: Output): string | undefined;
  copyOutput(output: Output): Output;
  /** @throws ConformanceFailure when pieces do not follow each other from sample 0 on */
  joinOutputs(pieces: readonly OutputPiece[]): Output;
  /** How many samples from the start of the stream these pieces cover. */
  coveredBy(pieces: readonly OutputPiece[]): number;
  /** The piece as if it started this much later. */
  shiftPiece(piece: InputPiece, samples: number): InputPiece;
}

export interface Lengths {
  /** The least common multiple of all hops; a fiftieth of a second where tokens carry no clock. */
  readonly period: number;
  /** Around every boundary: 0, 1, a hop less one, a hop, and so on. Each is at most a few hops. */
  readonly boundary: readonly number[];
  /** Other lengths that are no whole number of hops. */
  readonly odd: readonly number[];
  /** Enough that a stream gives something before its end; not a whole number of hops. */
  readonly medium: number;
  /** About two and a half seconds; not a whole number of hops. */
  readonly long: number;
}

/** Lengths that suit a component: bounded, so that checking a slow model takes minutes and not hours. */
export function lengthsFor(space: TokenSpace, latencySamples: number | undefined): Lengths {
  const period = alignmentSamples(space) ?? Math.ceil(space.sampleRateHz / 50);
  const hops = space.codebooks.map(({ hopSamples }) => hopSamples ?? period);
  // A latency that is nonsense is for its own check to report; it must not decide how much memory the others take.
  const declared = latencySamples ?? period;
  const limit = 30 * space.sampleRateHz;
  const latency = Number.isInteger(declared) && declared > 0 && declared < limit ? declared : period;
  const odd = Math.floor(period / 3) + 1;
  const boundary = new Set([0, 1, 2, period * 2 + odd, period * 3 + 1]);
  for (const hop of hops) for (const near of [hop - 1, hop, hop + 1]) boundary.add(near);
  for (const near of [period - 1, period, period + 1]) boundary.add(near);
  const oddLengths = [4 * period + (period >> 1), 5 * period - 1];
  const medium = latency + 6 * period + odd;
  const seconds = Math.floor(2.5 * space.sampleRateHz);
  const long = Math.max(2 * medium, seconds - (seconds % period) + odd);
  return { period, boundary: [...boundary].sort((a, b) => a - b), odd: oddLengths, medium, long };
}

/** Why checks of time have nothing to check. */
export const noClock = 'a codebook of its token space carries no clock';

/** Why checks of streaming have nothing to check; `true` where they have. */
export function streamsOrReason(side: CodecSide<unknown, unknown, unknown, unknown>): true | string {
  if (side.streaming === undefined) return `the ${side.name} has no streaming side`;
  const { codebooks } = side.part.tokenSpace;
  if (codebooks.some(({ hopSamples }) => hopSamples === undefined)) return noClock;
  if (side.name === 'detokenizer' && hasSpans(side.part.tokenSpace))
    return 'ids of its token space cannot be cut at any frame';
  return true;
}

/** Why checks of fewer codebooks have nothing to check; `true` where they have. */
export function prefixOrReason({ part }: CodecSide<unknown, unknown, unknown, unknown>): true | string {
  if (!part.tokenSpace.prefixDecodable) return 'its token space declares prefixDecodable: false';
  if (part.tokenSpace.codebooks.length === 1) return 'its token space has a single codebook';
  return true;
}

/** Codebook counts below all to try: every one where there are few. */
export function prefixCounts(codebookCount: number): readonly number[] {
  const all = Array.from({ length: codebookCount - 1 }, (_, i) => i + 1);
  return all.filter((count) => count <= 3 || count === codebookCount - 1 || count === codebookCount >> 1);
}

/** Inputs of very different lengths, none and one sample among them. */
export async function unequalInputs<Input>(
  side: CodecSide<Input, unknown, unknown, unknown>,
  label: string,
): Promise<readonly Input[]> {
  const { medium, period } = side.lengths;
  const lengths = [medium, 1, medium + 2 * period + 1, 0, period + 1];
  return Promise.all(lengths.map((length, i) => side.makeInput(length, `${label} ${i}`)));
}
