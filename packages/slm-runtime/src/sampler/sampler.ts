import {
  type PlainData,
  type RandomState,
  restoreRandom,
  type SeededRandom,
  SpeechTokensError,
} from '@speech-tokens/core';
import { invalidState } from '../invalid-state.ts';
import { Candidates } from './candidates.ts';
import { createIdHistory } from './id-history.ts';
import { checkRanges, checkSamplerOptions, type IdRange, type SamplerOptions } from './sampler-options.ts';
import { selectLargest } from './selection.ts';

export interface SampleOptions {
  /** Logits of the same step without the condition, for `guidanceScale`. */
  readonly unconditional?: Float32Array;
  /** The only ids that may come at this step, of those that may come at all. */
  readonly allowed?: readonly IdRange[];
}

/** Chooses ids of one stream from logits. */
export interface Sampler {
  /**
   * The next id. What is done to the logits, in float32 and in the order of transformers' generation
   * (huggingface/transformers, `generation/logits_process.py` and `_get_logits_processor`): guidance
   * (`ClassifierFreeGuidanceLogitsProcessor`: unconditional + scale · (conditional - unconditional)), repetition penalty,
   * ids that are ruled out, temperature, top-k, top-p, min-p. The logits are not changed.
   * @param logits one for each id; -Infinity rules an id out
   * @throws SpeechTokensError `inference-failed` for a logit that is NaN or Infinity, of an id that may come
   * @throws SpeechTokensError `argument-invalid` where no id may come, or the number of logits is wrong. The stream then
   * stands as it stood
   */
  sample(logits: Float32Array, options?: SampleOptions): number;
  /** Ids that were not sampled here (a prompt, what the host forces), for the repetition penalty and mask to see. */
  observe(ids: Iterable<number>): void;
  /** Where the stream stands, with its random source. */
  saveState(): PlainData;
}

/** @throws SpeechTokensError `argument-invalid`, `session-state-invalid` */
export function createSampler(options: SamplerOptions): Sampler {
  checkSamplerOptions(options);
  const { vocabularySize, temperature = 1, topK = vocabularySize, topP = 1, minP = 0, guidanceScale = 1 } = options;
  const { random, historyState } = restoredParts(options);
  const history = createIdHistory(options, historyState);
  const scores = new Float32Array(vocabularySize);
  const isCutAtK = temperature !== 0 && topK < vocabularySize;
  const heap = new Float32Array(isCutAtK ? topK : 1);
  const candidates = new Candidates();

  /** Puts logits into `scores`: guided, penalized, and -Infinity where an id may not come. */
  const prepare = (logits: Float32Array, { unconditional, allowed }: SampleOptions): void => {
    if (unconditional === undefined || guidanceScale === 1) scores.set(logits);
    else {
      for (let id = 0; id < vocabularySize; id++) {
        const [score, base] = [logits[id] as number, unconditional[id] as number];
        // Ruled out for both, the difference would be no number.
        const isRuledOut = score === Number.NEGATIVE_INFINITY;
        scores[id] = isRuledOut ? score : base + Math.fround(Math.fround(score - base) * guidanceScale);
      }
    }
    const penalty = options.repetitionPenalty?.penalty ?? 1;
    if (penalty !== 1) {
      for (const id of new Set(history.penalized())) {
        const score = scores[id] as number;
        scores[id] = score < 0 ? score * penalty : score / penalty;
      }
    }
    for (const { first, end } of options.forbidden ?? []) scores.fill(Number.NEGATIVE_INFINITY, first, end);
    if (options.allowed !== undefined) keepOnly(scores, options.allowed);
    if (allowed !== undefined) keepOnly(scores, allowed);
    const masked = history.masked();
    if (masked !== undefined) scores[masked] = Number.NEGATIVE_INFINITY;
  };

  return {
    sample(logits, stepOptions = {}) {
      const { unconditional, allowed = [] } = stepOptions;
      checkCount('logits', logits, vocabularySize);
      if (guidanceScale !== 1 && unconditional === undefined) throw noPair();
      if (unconditional !== undefined) checkCount('unconditional', unconditional, vocabularySize);
      checkRanges('allowed', allowed, vocabularySize);
      prepare(logits, stepOptions);
      const odd = selectLargest(scores, heap);
      if (odd !== undefined) throw noNumber(odd);
      const largest = heap.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
      if (largest === Number.NEGATIVE_INFINITY) throw nothingAllowed();
      let id: number;
      if (temperature === 0) id = scores.indexOf(largest);
      else {
        const leastScore = isCutAtK ? (heap[0] as number) : Number.NEGATIVE_INFINITY;
        candidates.fill(scores, leastScore, largest, temperature);
        if (topP < 1) candidates.keepNucleus(topP);
        if (minP > 0) candidates.keepWithin(-Math.log(minP));
        id = candidates.draw(random.nextUnit());
      }
      history.add(id);
      return id;
    },
    observe(ids) {
      const list = [...ids];
      const odd = list.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
      if (odd !== undefined)
        throw wrongArgument('ids', 'An id is not of the vocabulary', String(odd), `0 to ${vocabularySize - 1}`);
      for (const id of list) history.add(id);
    },
    saveState: () => {
      const { seed, words } = random.saveState();
      return { seed, words: Int32Array.from(words), history: history.save() };
    },
  };
}

/** Rules out the ids outside the ranges. */
function keepOnly(scores: Float32Array, ranges: readonly IdRange[]): void {
  let next = 0;
  for (const { first, end } of [...ranges].sort((a, b) => a.first - b.first)) {
    if (first > next) scores.fill(Number.NEGATIVE_INFINITY, next, first);
    next = Math.max(next, end);
  }
  scores.fill(Number.NEGATIVE_INFINITY, next);
}

function restoredParts({ random, state }: SamplerOptions): {
  random: SeededRandom;
  historyState: PlainData | undefined;
} {
  if (state === undefined) return { random, historyState: undefined };
  const { seed, words, history } = (state ?? {}) as Record<string, PlainData>;
  if (typeof seed !== 'string' || !(words instanceof Int32Array) || words.length !== 4 || history === undefined) {
    throw invalidState('a sampler');
  }
  return {
    random: restoreRandom({ seed, words: [...words] as unknown as RandomState['words'] }),
    historyState: history,
  };
}

function checkCount(argument: string, logits: Float32Array, vocabularySize: number): void {
  if (logits.length === vocabularySize) return;
  throw wrongArgument(argument, 'The number of logits is wrong', String(logits.length), String(vocabularySize));
}

function noNumber(logit: number): SpeechTokensError<'inference-failed'> {
  return new SpeechTokensError('inference-failed', {
    problem: 'The model gave a logit that is no number',
    found: String(logit),
    wanted: 'numbers, or -Infinity',
    remedy: 'Look at the weights and at the input of this step; in 16 bits, values may be too large for them',
    details: { stage: 'sampling' },
  });
}

function nothingAllowed(): SpeechTokensError<'argument-invalid'> {
  return wrongArgument('allowed', 'No id may come', 'every id ruled out', 'at least one id left');
}

function noPair(): SpeechTokensError<'argument-invalid'> {
  return wrongArgument('unconditional', 'Guidance takes a pair of logits', 'one', 'those without the condition too');
}

function wrongArgument(
  argument: string,
  problem: string,
  found: string,
  wanted: string,
): SpeechTokensError<'argument-invalid'> {
  const remedy = 'Correct what is given for this step';
  return new SpeechTokensError('argument-invalid', { problem, found, wanted, remedy, details: { argument } });
}
