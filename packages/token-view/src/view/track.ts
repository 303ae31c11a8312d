import { pixelOf, type Surface, type ViewTheme } from '../draw/surface.ts';
import type { TimeRange } from '../time/time-range.ts';

/** One row of a view: a label and a canvas, with the selection and the playhead over what is drawn. */
export interface Track {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement | undefined;
  draw(moment: DrawnMoment): void;
}

/** What all tracks of a view share at the time of drawing. */
export interface DrawnMoment {
  readonly range: TimeRange;
  readonly selection: TimeRange | undefined;
  readonly playheadSample: number;
  readonly theme: ViewTheme;
}

export interface TrackSettings {
  readonly label: string;
  readonly heightPixels: number;
  /** Stands beside the label. */
  readonly button?: HTMLButtonElement;
  paint(surface: Surface): void;
}

function appendRow(view: HTMLElement): HTMLElement {
  const row = view.appendChild(document.createElement('div'));
  row.className = 'token-view-row';
  row.setAttribute('role', 'row');
  return row;
}

/** Appends a line of text over rows. */
export function appendHeading(view: HTMLElement, title: string, about: string | undefined): void {
  const row = appendRow(view);
  const heading = row.appendChild(document.createElement('div'));
  heading.className = 'token-view-heading';
  heading.setAttribute('role', 'rowheader');
  heading.textContent = title;
  if (about !== undefined) heading.appendChild(document.createElement('small')).textContent = about;
}

/** Appends a row to a view. */
export function appendTrack(view: HTMLElement, { label, heightPixels, button, paint }: TrackSettings): Track {
  const row = appendRow(view);
  const name = row.appendChild(document.createElement('div'));
  name.className = 'token-view-label';
  name.setAttribute('role', 'rowheader');
  name.textContent = label;
  name.title = label;
  if (button !== undefined) name.prepend(button);
  const element = row.appendChild(document.createElement('div'));
  element.className = 'token-view-track';
  element.setAttribute('role', 'gridcell');
  element.setAttribute('aria-label', label);
  element.style.height = `${heightPixels}px`;
  const canvas = element.appendChild(document.createElement('canvas'));
  canvas.setAttribute('aria-hidden', 'true');
  const context = canvas.getContext('2d')!;
  let image: ImageData | undefined;
  return {
    element,
    button,
    draw({ range, selection, playheadSample, theme }) {
      const [width, height, scale] = [element.clientWidth, element.clientHeight, devicePixelRatio];
      const [pixelWidth, pixelHeight] = [Math.round(width * scale), Math.round(height * scale)];
      if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
        canvas.width = pixelWidth;
        canvas.height = pixelHeight;
      }
      if (width === 0 || height === 0) return;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      const putPixels: Surface['putPixels'] = (paintPixels) => {
        if (image?.width !== pixelWidth || image.height !== pixelHeight) image = new ImageData(pixelWidth, pixelHeight);
        const pixels = new Uint32Array(image.data.buffer);
        pixels.fill(0);
        paintPixels({ width: pixelWidth, height: pixelHeight, pixels });
        context.putImageData(image, 0, 0);
      };
      const surface: Surface = { context, width, height, scale, range, theme, putPixels };
      paint(surface);
      if (selection !== undefined) {
        const [left, right] = [pixelOf(surface, selection.startSample), pixelOf(surface, selection.endSample)];
        context.globalAlpha = 0.35;
        context.fillStyle = theme.selection;
        context.fillRect(left, 0, Math.max(1, right - left), height);
        context.globalAlpha = 1;
      }
      context.fillStyle = theme.playhead;
      context.fillRect(pixelOf(surface, playheadSample) - 0.5, 0, 1.5, height);
    },
  };
}
