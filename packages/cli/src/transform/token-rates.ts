import type { TokenGrid } from '@speech-tokens/core';
import { formatBitrate, formatCount, formatDuration, formatRate } from '../terminal/figures.ts';

/** How many tokens there are, and for how long: of one recording, or of several together. */
export interface TokenRate {
  /** Of all codebooks. */
  readonly tokenCount: number;
  readonly durationSeconds: number;
  /** `undefined` where there is no audio. */
  readonly tokenRateHz: number | undefined;
  /** At log2(size) bits a token. */
  readonly nominalBitrateBps: number | undefined;
}

export interface TokenRateMeter {
  add(grid: TokenGrid): void;
  result(): TokenRate;
}

export function createTokenRateMeter(): TokenRateMeter {
  let [tokenCount, durationSeconds, bits] = [0, 0, 0];
  const perSecond = (count: number): number | undefined =>
    durationSeconds === 0 ? undefined : count / durationSeconds;
  return {
    add({ tokenSpace, sampleCount, tracks }) {
      durationSeconds += sampleCount / tokenSpace.sampleRateHz;
      for (const [index, { ids }] of tracks.entries()) {
        tokenCount += ids.length;
        bits += ids.length * Math.log2(tokenSpace.codebooks[index]!.size);
      }
    },
    result: () => ({
      tokenCount,
      durationSeconds,
      tokenRateHz: perSecond(tokenCount),
      nominalBitrateBps: perSecond(bits),
    }),
  };
}

export function rateOf(grid: TokenGrid): TokenRate {
  const meter = createTokenRateMeter();
  meter.add(grid);
  return meter.result();
}

/** How many times fewer tokens there are; `undefined` where there are none. */
export function gainOf(before: TokenRate, after: TokenRate): number | undefined {
  return after.tokenCount === 0 ? undefined : before.tokenCount / after.tokenCount;
}

/** `3.57 s, 179 → 121 tokens, 50.1 → 33.9 tokens/s (1.48 times fewer), 450 → 410 bit/s`. */
export function formatChange(before: TokenRate, after: TokenRate): string {
  const gain = gainOf(before, after);
  const fewer = gain === undefined || gain < 1 ? '' : ` (${gain.toFixed(2)} times fewer)`;
  const counts = `${formatCount(before.tokenCount)} → ${formatCount(after.tokenCount)} tokens`;
  const rates = `${formatRate(before.tokenRateHz)} → ${formatRate(after.tokenRateHz)} tokens/s${fewer}`;
  const bits = `${formatBitrate(before.nominalBitrateBps)} → ${formatBitrate(after.nominalBitrateBps)}`;
  return [formatDuration(before.durationSeconds), counts, rates, bits].join(', ');
}
