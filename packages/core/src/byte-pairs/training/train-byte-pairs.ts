import { isUint32Array } from '../../bytes/is-uint32-array.ts';
import type { CallOptions } from '../../contract/call-options.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { showValue } from '../../tokens/show-value.ts';
import {
  type BytePairMerges,
  maximumTokenUnits as longestToken,
  maximumMerges,
  maximumVocabularySize,
} from '../byte-pair-merges.ts';
import { PairMerger } from './pair-merger.ts';
import { createCorpusBuilder, type UnitCorpus } from './unit-corpus.ts';

export interface TrainBytePairsOptions extends CallOptions {
  /** Units are integers below it: the size of their codebook. */
  readonly unitCount: number;
  /** Ids that are wanted, units (also those that never occur) and tokens together; above `unitCount`, up to 2^24. */
  readonly vocabularySize: number;
  /** How often a pair must occur to become a token; 2 by default, which is all that can shorten anything. */
  readonly minFrequency?: number;
  /** The longest token, in units, from 2; 65,536 by default. */
  readonly maximumTokenUnits?: number;
}

/** Places of a corpus; 2^31 is where their numbers end. */
const maximumPlaces = 2 ** 30;
/** How long other work waits. */
const turnMs = 50;
/** Places that are looked at between two looks at the clock. */
const stepPlaces = 2 ** 18;

/**
 * Learns byte pairs of units: the most frequent pair of neighbours becomes a token, again and again, until the vocabulary
 * is full or no pair is frequent enough. Of equally frequent pairs that with the smaller ids comes first. No pair spans
 * two recordings.
 *
 * The merges are those of Hugging Face tokenizers' `BpeTrainer`, given each recording as one word, all units as
 * `initial_alphabet`, and `max_token_length` one greater than `maximumTokenUnits` (it stops short of the length that it is
 * given). Time grows with the units and hardly with the merges: every place knows its neighbours, and every pair its places
 * (Sennrich et al. 2016, arXiv:1508.07909; the queue is that of huggingface/tokenizers, `models/bpe/trainer.rs`).
 *
 * Takes about 30 bytes a unit and 40 a pair of neighbours that ever occurs.
 * @param recordings the units of one recording each; arrays are copied, not kept
 * @returns merges with a vocabulary that is smaller than wanted where the units do not give more
 * @throws SpeechTokensError `argument-invalid` for what is no array of units below `unitCount`, more than 2^30 units, and
 * options out of range
 */
export async function trainBytePairs(
  recordings: Iterable<Uint32Array> | AsyncIterable<Uint32Array>,
  options: TrainBytePairsOptions,
): Promise<BytePairMerges> {
  const { unitCount, vocabularySize, minFrequency = 2, maximumTokenUnits = longestToken, signal, onProgress } = options;
  signal?.throwIfAborted();
  checkOptions({ unitCount, vocabularySize, minFrequency, maximumTokenUnits });
  const turns = createTurns(signal);
  const corpus = await readCorpus(recordings, options);
  /** Units that each token stands for. */
  const lengths = new Uint32Array(vocabularySize - unitCount);
  const lengthOf = (id: number): number => (id < unitCount ? 1 : (lengths[id - unitCount] as number));
  const canJoin = (left: number, right: number): boolean => lengthOf(left) + lengthOf(right) <= maximumTokenUnits;
  const merger = new PairMerger(corpus, vocabularySize, canJoin);
  await countPairs(corpus, merger, turns);

  const pairs: number[] = [];
  const report = (): void => {
    const progress = { done: pairs.length / 2, total: lengths.length, unit: 'tokens' } as const;
    onProgress?.({ stage: 'Learning byte pairs', ...progress });
  };
  for (let rank = 0; rank < lengths.length; rank++) {
    const next = merger.next();
    if (next === undefined || next.count < minFrequency) break;
    pairs.push(next.left, next.right);
    lengths[rank] = lengthOf(next.left) + lengthOf(next.right);
    merger.merge(next, unitCount + rank);
    if (!turns.isOver()) continue;
    report();
    await turns.next();
  }
  report();
  return { unitCount, pairs: Uint32Array.from(pairs) };
}

async function readCorpus(
  recordings: Iterable<Uint32Array> | AsyncIterable<Uint32Array>,
  { unitCount, signal, onProgress }: TrainBytePairsOptions,
): Promise<UnitCorpus> {
  const builder = createCorpusBuilder(unitCount);
  for await (const units of recordings) {
    signal?.throwIfAborted();
    if (!isUint32Array(units)) {
      throw invalid(
        'recordings',
        'Byte pairs are learnt of integers',
        showValue(units),
        'a Uint32Array of each recording',
      );
    }
    const odd = units.findIndex((unit) => unit >= unitCount);
    if (odd >= 0) {
      throw invalid('recordings', 'A unit is out of range', `${units[odd]} at ${odd}`, `0 to ${unitCount - 1}`);
    }
    builder.add(units);
    if (builder.unitTotal > maximumPlaces) {
      const found = `more than ${maximumPlaces}`;
      throw invalid('recordings', 'There are too many units to learn from', found, `at most ${maximumPlaces}`);
    }
    onProgress?.({ stage: 'Reading units', done: builder.unitTotal, unit: 'tokens' });
  }
  return builder.build();
}

async function countPairs(corpus: UnitCorpus, merger: PairMerger, turns: Turns): Promise<void> {
  const { placeCount } = corpus;
  const pairOfPlace = new Int32Array(placeCount);
  for (let from = 0; from < placeCount; from += stepPlaces) {
    merger.countUnits(pairOfPlace, from, Math.min(from + stepPlaces, placeCount));
    if (turns.isOver()) await turns.next();
  }
  merger.queueUnits(pairOfPlace);
}

/** Gives way to other work now and then. */
interface Turns {
  isOver(): boolean;
  next(): Promise<void>;
}

function createTurns(signal: AbortSignal | undefined): Turns {
  let startMs = performance.now();
  return {
    isOver: () => performance.now() - startMs > turnMs,
    async next() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
      startMs = performance.now();
    },
  };
}

function checkOptions(options: Required<Omit<TrainBytePairsOptions, keyof CallOptions>>): void {
  const { unitCount } = options;
  const limits: { readonly [name in keyof typeof options]: readonly [number, number] } = {
    unitCount: [1, maximumVocabularySize - 1],
    vocabularySize: [unitCount + 1, Math.min(maximumVocabularySize, unitCount + maximumMerges)],
    minFrequency: [1, Number.MAX_SAFE_INTEGER],
    maximumTokenUnits: [2, longestToken],
  };
  for (const [name, [least, greatest]] of Object.entries(limits)) {
    const value = options[name as keyof typeof options];
    if (Number.isSafeInteger(value) && value >= least && value <= greatest) continue;
    const wanted =
      name === 'vocabularySize' ? `${least} (one more than the units) to ${greatest}` : `${least} to ${greatest}`;
    throw invalid(name, `Byte pairs cannot be learnt with this ${name}`, showValue(value), wanted);
  }
}

function invalid(
  argument: string,
  problem: string,
  found: string,
  wanted: string,
): SpeechTokensError<'argument-invalid'> {
  const remedy =
    argument === 'recordings' ? 'Give units of one codebook, and as many as fit' : `Give another ${argument}`;
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument } });
}
