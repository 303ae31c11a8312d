import type { CodeUse, HistogramOrder } from './code-histogram.ts';
import { histogramClass, histogramPicture, unusedClass, usedClass } from './histogram-picture.ts';

const svgNamespace = 'http://www.w3.org/2000/svg';

/** A histogram in a page that has `tokenViewCss`. `histogramText` says the same in words. */
export function createHistogram(use: CodeUse, order: HistogramOrder): SVGSVGElement {
  const { viewBox, used, unused, label } = histogramPicture(use, order);
  const element = document.createElementNS(svgNamespace, 'svg');
  const attributes = {
    class: histogramClass,
    viewBox,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': label,
  };
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const [className, data] of [
    [usedClass, used],
    [unusedClass, unused],
  ] as const) {
    const path = element.appendChild(document.createElementNS(svgNamespace, 'path'));
    path.setAttribute('class', className);
    path.setAttribute('d', data);
  }
  return element;
}
