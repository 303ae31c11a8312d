import { t } from '../texts/index.ts';

/** A stretch of work that runs for less than this tells nothing of how long the rest takes. */
const leastMilliseconds = 2000;

/**
 * How long work goes on, if it goes on as it did; empty where that cannot be said yet.
 * @param share of it that is done, 0 to 1
 */
export function timeLeftText(elapsedMilliseconds: number, share: number): string {
  if (elapsedMilliseconds < leastMilliseconds || share <= 0 || share >= 1) return '';
  const seconds = (elapsedMilliseconds / 1000) * (1 / share - 1);
  if (seconds < 60) return t('{0} s left', Math.ceil(seconds));
  if (seconds < 3600) return t('{0} min left', Math.ceil(seconds / 60));
  return t('{0} h left', (seconds / 3600).toFixed(1));
}
