import { bitrateBps, frameRateHz, type TokenSpace } from '@speech-tokens/core';
import { t } from '../texts/index.ts';

export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function sampleRateText(hz: number): string {
  return hz < 1000 ? `${hz} Hz` : `${Number((hz / 1000).toFixed(3))} kHz`;
}

export function channelsText(count: number): string {
  return count === 1 ? t('mono') : count === 2 ? t('stereo') : t('{0} channels', count);
}

/** `8 × 1024 at 50 frames/s · 4.00 kbit/s`; of codebooks that differ, each size and rate. */
export function spaceText(space: TokenSpace, codebookCount: number): string {
  const books = space.codebooks.slice(0, codebookCount);
  const sizes = books.map(({ size }) => size);
  const rates = books.map((book) => {
    const rate = frameRateHz(space, book);
    return rate === undefined ? t('no clock') : t('{0} frames/s', Number(rate.toFixed(2)));
  });
  const sizeText = new Set(sizes).size === 1 ? `${sizes.length} × ${sizes[0]}` : sizes.join(' + ');
  const rateText = [...new Set(rates)].join(', ');
  const bitrate = bitrateBps({ ...space, codebooks: books });
  return `${t('{0} at {1}', sizeText, rateText)}${bitrate === undefined ? '' : ` · ${(bitrate / 1000).toFixed(2)} kbit/s`}`;
}
