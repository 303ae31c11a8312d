import { type TimeRange, tokenStart, tokensIn, type ViewContent } from '@speech-tokens/token-view';
import type { TokensFound } from '../document/index.ts';
import { create, table } from './controls/index.ts';

/** The statistics of some tokens, and how far what they decode to is from the recording. */
export function statisticsOf(
  { title, about, statistics, notDecodable }: TokensFound,
  figures: readonly (readonly [name: string, value: string])[],
): HTMLElement {
  return create(
    'section',
    {},
    create('h2', { textContent: title }),
    create('p', { textContent: about }),
    table(statistics.heads, statistics.rows, `Statistics of ${title}`),
    ...figures.map(([name, value]) => create('p', { textContent: `${name}: ${value}` })),
    ...(notDecodable === undefined ? [] : [create('p', { textContent: `No sound of these tokens: ${notDecodable}` })]),
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
      ? `The first ${rows.length} of ${count} tokens. Select less, or zoom in, to see others.`
      : `${count} tokens.`;
  const heads = ['tokenizer', 'codebook', 'token', 'starts at, ms', 'id'];
  const part = create('div', { className: 'tokens-table', tabIndex: 0 }, table(heads, rows));
  part.setAttribute('role', 'region');
  part.setAttribute('aria-label', 'Tokens');
  return create('div', {}, create('p', { textContent: note }), part);
}
