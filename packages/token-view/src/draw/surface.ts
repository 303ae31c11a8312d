import type { TimeRange } from '../time/time-range.ts';

/** Where something is drawn: a canvas context whose unit is a CSS pixel. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Device pixels in a CSS pixel. */
  readonly scale: number;
  /** What the whole width shows. */
  readonly range: TimeRange;
  readonly theme: ViewTheme;
  /**
   * Replaces everything that has been drawn by pixels of the device: far less work than as many shapes, or than an image of
   * another size. The image is kept: one for each drawing would be megabytes of garbage a second.
   * @param paint sets pixels, which begin transparent
   */
  putPixels(paint: (image: PixelImage) => void): void;
}

export interface PixelImage {
  readonly width: number;
  readonly height: number;
  /** `[height, width]` of `0xAABBGGRR`, from the top. */
  readonly pixels: Uint32Array;
}

/** Colours as CSS has them, from the page that a view is in. */
export interface ViewTheme {
  readonly background: string;
  readonly foreground: string;
  readonly faint: string;
  readonly accent: string;
  readonly selection: string;
  readonly playhead: string;
  readonly font: string;
}

export function pixelOf({ range, width }: Pick<Surface, 'range' | 'width'>, sample: number): number {
  return ((sample - range.startSample) / (range.endSample - range.startSample)) * width;
}

export function sampleOf({ range, width }: Pick<Surface, 'range' | 'width'>, pixel: number): number {
  return range.startSample + (pixel / width) * (range.endSample - range.startSample);
}
