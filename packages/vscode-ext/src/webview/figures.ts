import { type TimeRange, tokenStart, tokensIn, type ViewContent } from '@speech-tokens/token-view';
import type { TokensFound } from '../document/index.ts';
import { t } from '../texts/index.ts';
import { create, table } from './controls/index.ts';
import { histogramsOf } from './histograms.ts';

/** The statistics of some tokens, and how far what they decode to is from the recording. */
export function statisticsOf(
  tokens: TokensFound,
  figures: readonly (readonly [name: string, value: string])[],
): HTMLElement {
  const { title, about, statistics, notDecodable } = tokens;
  return create(
    'section',
    {},
    create('h2', { textContent: title }),
    create('p', { textContent: about }),
    scrolled(t('Statistics of {0}', title), table(statistics.heads, statistics.rows, t('Statistics of {0}', title))),
    histogramsOf(tokens),
    ...figures.map(([name, value]) => create('p', { textContent: `${name}: ${value}` })),
    ...(notDecodable === undefined
      ? []
      : [create('p', { textContent: t('No sound of these tokens: {0}', notDecodable) })]),
  );
}

/** More rows than this are not read by anyone, and take long to make. */
const mostRows = 500;

/** Tokens of a stretch as a table: what the picture shows, for who cannot see it. */
export function tokensTable({ groups, sampleRateHz }: ViewContent, { startSample, endSample }: TimeRange): HTMLElement {
  const rows: string[][] = [];
  let count = 0;
  for (const { title, lanes } of groups) {
    for (const lane of lanes) {
      const [first, end] = tokensIn(lane, startSample, endSample);
      count += end - first;
      for (let i = first; i < end && rows.length < mostRows; i++) {
        const milliseconds = (1000 * tokenStart(lane, i)) / sampleRateHz;
        rows.push([title, lane.name, String(i), milliseconds.toFixed(0), String(lane.ids[i])]);
      }
    }
  }
  const note =
    count > rows.length
      ? t('The first {0} of {1} tokens. Select less, or zoom in, to see others.', rows.length, count)
      : t('{0} tokens.', count);
  const heads = [t('tokenizer'), t('codebook'), t('token'), t('starts at, ms'), 'id'];
  return create('div', {}, create('p', { textContent: note }), scrolled(t('Tokens'), table(heads, rows)));
}

/** What may be larger than the page scrolls by itself, also with keys. */
function scrolled(label: string, content: HTMLElement): HTMLElement {
  const element = create('div', { className: 'scrolled', tabIndex: 0 }, content);
  element.setAttribute('role', 'region');
  element.setAttribute('aria-label', label);
  return element;
}
