import type { PlainData } from '@speech-tokens/core';
import { invalidState } from '../invalid-state.ts';
import type { SamplerOptions } from './sampler-options.ts';

/** The ids that repetition penalties look back at. */
export interface IdHistory {
  add(id: number): void;
  /** Ids within the penalty's window; one may come twice. */
  penalized(): Iterable<number>;
  /** The id that the repetition mask rules out now. */
  masked(): number | undefined;
  save(): PlainData;
}

/** @throws SpeechTokensError `session-state-invalid` */
export function createIdHistory(options: SamplerOptions, state: PlainData | undefined): IdHistory {
  const { repetitionPenalty: penalty, repetitionMask: mask } = options;
  const isEndless = penalty?.windowSize === Number.POSITIVE_INFINITY;
  const penaltyWindow = isEndless ? 0 : (penalty?.windowSize ?? 0);
  const length = Math.max(penaltyWindow, mask?.windowSize ?? 0);
  let recent: number[] = [];
  /** Of an endless window: each id once. */
  const all = new Set<number>();
  if (state !== undefined) {
    const saved = (state ?? {}) as Record<string, PlainData>;
    const areIds = (ids: PlainData | undefined): ids is Uint32Array =>
      ids instanceof Uint32Array && ids.every((id) => id < options.vocabularySize);
    if (!areIds(saved['recent']) || !areIds(saved['all']) || saved['recent'].length > length) {
      throw invalidState('a sampler');
    }
    recent = [...saved['recent']];
    if (isEndless) for (const id of saved['all']) all.add(id);
  }
  return {
    add(id) {
      if (isEndless) all.add(id);
      if (length === 0) return;
      recent.push(id);
      if (recent.length > length) recent.shift();
    },
    penalized: () => (isEndless ? all : recent.slice(Math.max(0, recent.length - penaltyWindow))),
    masked() {
      if (mask === undefined || recent.length < mask.windowSize) return undefined;
      const last = recent.at(-1);
      const count = recent.slice(-mask.windowSize).filter((id) => id === last).length;
      return count / mask.windowSize > mask.threshold ? last : undefined;
    },
    save: () => ({ recent: Uint32Array.from(recent), all: Uint32Array.from(all) }),
  };
}
