/** Grows to the largest that was drawn: an image of its own for each picture would be megabytes of garbage a second. */
let held: { readonly image: ImageData; readonly pixels: Uint32Array; readonly canvas: OffscreenCanvas } | undefined;

/** Where an image goes, in the units of the context. */
export interface ImagePlace {
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Draws an image of so many pixels from the top of a context, stretched to a place without smoothing.
 *
 * @param paint sets pixels, `0xAABBGGRR`, which begin transparent; the row below a pixel is `stride` further
 */
export function drawImage(
  context: CanvasRenderingContext2D,
  columns: number,
  rows: number,
  { left, width, height }: ImagePlace,
  paint: (pixels: Uint32Array, stride: number) => void,
): void {
  if (held === undefined || held.image.width < columns || held.image.height < rows) {
    const image = new ImageData(Math.max(columns, held?.image.width ?? 0), Math.max(rows, held?.image.height ?? 0));
    const canvas = new OffscreenCanvas(image.width, image.height);
    held = { image, pixels: new Uint32Array(image.data.buffer), canvas };
  }
  const { image, pixels, canvas } = held;
  pixels.fill(0, 0, rows * image.width);
  paint(pixels, image.width);
  // By way of a canvas, as `putImageData` itself knows no scale.
  canvas.getContext('2d')!.putImageData(image, 0, 0, 0, 0, columns, rows);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, columns, rows, left, 0, width, height);
}
