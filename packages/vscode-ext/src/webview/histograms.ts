import { type HistogramOrder, histogramOrders, histogramText } from '@speech-tokens/token-view';
import { createHistogram } from '@speech-tokens/token-view/browser';
import type { TokensFound } from '../document/index.ts';
import { t } from '../texts/index.ts';
import { create, select } from './controls/index.ts';

const orderText = (order: HistogramOrder): string => (order === 'count' ? t('sorted by count') : t('by id'));

const made = new WeakMap<TokensFound['codeUses'], HTMLElement>();

/**
 * How often the codes of each codebook of some tokens occur, as pictures with their text. The same element for the same tokens:
 * it stays as it was opened.
 */
export function histogramsOf({ codeUses }: Pick<TokensFound, 'codeUses'>): HTMLElement {
  const before = made.get(codeUses);
  if (before !== undefined) return before;
  const pictures = create('div');
  const show = (order: HistogramOrder): void => {
    sorting.show(
      histogramOrders.map((value) => ({ value, text: orderText(value) })),
      order,
    );
    pictures.replaceChildren(
      ...codeUses.map((use) =>
        create('figure', {}, createHistogram(use, order), create('figcaption', { textContent: histogramText(use) })),
      ),
    );
  };
  const sorting = select(t('Codes'), (order) => show(order as HistogramOrder));
  const element = create(
    'details',
    {},
    create('summary', { textContent: t('How often codes occur') }),
    sorting.element,
    create('p', { textContent: t('Marks under the line: codes that do not occur.') }),
    pictures,
  );
  // Thousands of codes: nobody waits for pictures that are not looked at.
  element.addEventListener('toggle', () => show('count'), { once: true });
  made.set(codeUses, element);
  return element;
}
