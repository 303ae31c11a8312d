import { type CodeUse, histogramOrders, histogramText } from '../histogram/code-histogram.ts';
import { histogramClass, histogramPicture, unusedClass, usedClass } from '../histogram/histogram-picture.ts';
import { escapeHtml } from './html.ts';

/** How often the codes of each codebook occur, in both orders, with the same in words. */
export function histogramsHtml(uses: readonly CodeUse[]): string {
  const figures = uses.map((use) => {
    const pictures = histogramOrders.map((order) => {
      const { viewBox, used, unused, label } = histogramPicture(use, order);
      return `<svg class="${histogramClass}" viewBox="${viewBox}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(label)}"><path class="${usedClass}" d="${used}"/><path class="${unusedClass}" d="${unused}"/></svg>`;
    });
    return `<figure>${pictures.join('')}<figcaption>${escapeHtml(histogramText(use))}</figcaption></figure>`;
  });
  return `<details><summary>How often codes occur</summary>
<p>Left sorted by count, right by id. Marks under the line: codes that do not occur.</p>
${figures.join('\n')}</details>`;
}
