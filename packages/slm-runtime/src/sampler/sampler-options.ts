import { type PlainData, type SeededRandom, SpeechTokensError } from '@speech-tokens/core';

/** Ids from `first` to before `end`. */
export interface IdRange {
  readonly first: number;
  readonly end: number;
}

/** How ids are chosen. The names and meanings are those of `GenerationConfig` in huggingface/transformers. */
export interface SamplerOptions {
  /** Ids are integers in [0, vocabularySize). */
  readonly vocabularySize: number;
  /** At least 0; 1 by default. 0 takes the most probable id, of equal ones the first, and draws nothing. */
  readonly temperature?: number;
  /** Keeps the k most probable ids, and those as probable as the k-th. At least 1; all by default. */
  readonly topK?: number;
  /** Keeps the fewest of the most probable ids that have this probability together. In (0, 1]; 1 by default. */
  readonly topP?: number;
  /** Drops ids less probable than this fraction of the most probable one. In [0, 1]; 0 by default. */
  readonly minP?: number;
  /**
   * Divides positive logits of the ids among the last `windowSize` by the penalty, and multiplies negative ones: above 1
   * against repeats. `windowSize` may be Infinity, as in transformers; OuteTTS wants 64.
   */
  readonly repetitionPenalty?: { readonly penalty: number; readonly windowSize: number };
  /**
   * Rules the last id out where more than `threshold` of the last `windowSize` ids are the same, once there are so many
   * ids. Step-Audio: 10 and 0.1 (`RepetitionAwareLogitsProcessor` in stepfun-ai/Step-Audio, tts.py).
   */
  readonly repetitionMask?: { readonly windowSize: number; readonly threshold: number };
  /** Classifier-free guidance: how far from the unconditional logits, through the conditional ones at 1. 1 by default. */
  readonly guidanceScale?: number;
  /** The only ids that may come; all by default. */
  readonly allowed?: readonly IdRange[];
  /** Ids that never come. */
  readonly forbidden?: readonly IdRange[];
  /** The source of this stream alone: `createRandom(seed).fork(streamName)`. */
  readonly random: SeededRandom;
  /** Continues where `saveState` was called; the state of `random` comes with it. */
  readonly state?: PlainData;
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkSamplerOptions(options: SamplerOptions): void {
  const { vocabularySize, temperature = 1, topK = 1, topP = 1, minP = 0, guidanceScale = 1 } = options;
  const { repetitionPenalty: penalty, repetitionMask: mask } = options;
  check(
    'vocabularySize',
    vocabularySize,
    isCount(vocabularySize) && vocabularySize < 2 ** 31,
    'an integer of 1 to 2^31 - 1',
  );
  check('temperature', temperature, temperature >= 0 && temperature < Number.POSITIVE_INFINITY, 'at least 0');
  check('topK', topK, isCount(topK), 'an integer of at least 1');
  check('topP', topP, topP > 0 && topP <= 1, 'more than 0, at most 1');
  check('minP', minP, minP >= 0 && minP <= 1, '0 to 1');
  check('guidanceScale', guidanceScale, Number.isFinite(guidanceScale), 'a number');
  if (penalty !== undefined) {
    const { penalty: value, windowSize } = penalty;
    check('repetitionPenalty', value, value > 0 && value < Number.POSITIVE_INFINITY, 'more than 0');
    const isWindow = isCount(windowSize) || windowSize === Number.POSITIVE_INFINITY;
    check('repetitionPenalty', windowSize, isWindow, 'a window of at least 1 id');
  }
  if (mask !== undefined) {
    check('repetitionMask', mask.windowSize, isCount(mask.windowSize), 'a window of at least 1 id');
    check('repetitionMask', mask.threshold, mask.threshold >= 0 && mask.threshold <= 1, 'a threshold of 0 to 1');
  }
  checkRanges('allowed', options.allowed ?? [], vocabularySize);
  checkRanges('forbidden', options.forbidden ?? [], vocabularySize);
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkRanges(argument: string, ranges: readonly IdRange[], vocabularySize: number): void {
  for (const { first, end } of ranges) {
    const isRange =
      Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first < end && end <= vocabularySize;
    check(argument, `${first} to before ${end}`, isRange, `ids from 0 to before ${vocabularySize}`);
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

function check(argument: string, found: number | string, isRight: boolean, wanted: string): void {
  if (isRight) return;
  throw new SpeechTokensError('argument-invalid', {
    problem: `The sampler cannot work with this ${argument}`,
    found: String(found),
    wanted,
    remedy: 'Give a value in this range, or leave it out',
    details: { argument },
  });
}
