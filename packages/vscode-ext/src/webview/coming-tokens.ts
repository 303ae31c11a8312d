import type { TokenLane } from '@speech-tokens/token-view';
import { tokenStart } from '@speech-tokens/token-view';
import type { TokensPart } from '../inference/index.ts';
import { t } from '../texts/index.ts';
import { createGrowingLanes, type GrowingLanes } from './growing-lanes.ts';

/** Tokens of which only the first are there. */
export interface TokensSoFar {
  readonly title: string;
  readonly about: string;
  readonly lanes: readonly TokenLane[];
}

/** The tokens of tokenizers that run, or were cancelled: what has come stays until there is more. */
export interface ComingTokens {
  get(id: string, sampleRateHz: number): TokensSoFar | undefined;
  /**
   * Follows a run to its result. What had come of an earlier run goes when something of this one is there.
   * @param show is called when there are lanes where there were none, and when no more will come
   */
  follow<Result>(
    id: string,
    signal: AbortSignal,
    show: () => void,
    run: (onPart: (part: TokensPart) => void) => Promise<Result>,
  ): Promise<Result>;
  /** The lanes that have come, when no more will. */
  take(id: string): readonly TokenLane[];
  clear(): void;
}

interface Coming {
  readonly about: string;
  readonly growing: GrowingLanes;
  hasEnded: boolean;
}

/** @param onMore lanes that are there have grown */
export function createComingTokens(onMore: () => void): ComingTokens {
  const coming = new Map<string, Coming>();
  return {
    get(id, sampleRateHz) {
      const known = coming.get(id);
      if (known === undefined) return undefined;
      const { lanes } = known.growing;
      const end = Math.max(0, ...lanes.map((lane) => tokenStart(lane, lane.ids.length)));
      const state = known.hasEnded ? t('partial: the first {0} s', Math.floor(end / sampleRateHz)) : t('coming');
      return { title: id, about: `${known.about} · ${state}`, lanes };
    },
    async follow(id, signal, show, run) {
      let mine: Coming | undefined;
      const onPart = ({ about, lanes }: TokensPart): void => {
        if (signal.aborted) return;
        if (mine !== undefined) {
          mine.growing.append(lanes);
          onMore();
          return;
        }
        mine = { about, growing: createGrowingLanes(lanes), hasEnded: false };
        coming.set(id, mine);
        show();
      };
      try {
        return await run(onPart);
      } catch (error) {
        if (mine !== undefined && coming.get(id) === mine) {
          mine.hasEnded = true;
          show();
        }
        throw error;
      }
    },
    take(id) {
      const known = coming.get(id);
      coming.delete(id);
      return known?.growing.lanes ?? [];
    },
    clear: () => coming.clear(),
  };
}
