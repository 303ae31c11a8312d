import type { ModelFacts } from '../inference/index.ts';
import { t } from '../texts/index.ts';

/** `173 kB`; thousands, as file managers count. */
export function sizeText(bytes: number | undefined): string {
  if (bytes === undefined) return t('size unknown');
  const [unit, size] = (
    [
      ['GB', 1e9],
      ['MB', 1e6],
      ['kB', 1e3],
    ] as const
  ).find(([, least]) => bytes >= least) ?? ['B', 1];
  const value = bytes / size;
  return `${value >= 100 || size === 1 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

/** Where a model is: a few words. */
export function modelText({ state, sizeBytes, source }: ModelFacts): string {
  const size = sizeBytes === undefined ? '' : `, ${sizeText(sizeBytes)}`;
  switch (state) {
    case 'bundled':
      return `${t('bundled')}${size}`;
    case 'here':
      return `${t('on this machine')}${size}`;
    case 'to-fetch':
      return `${t('could be fetched')}${size}`;
    case 'own-folder':
      return t('from {0}', source);
    case 'needs-folder':
      return t('needs a folder of your own');
  }
}
