import { pixelOf, type Surface } from './surface.ts';

/** Samples are drawn as points where they lie this far apart, in CSS pixels. */
const pointPixels = 6;

/**
 * The curve of a sound from its samples, for a zoom at which they can be told apart; several channels over each other.
 * @param firstSample the place of the first one in the recording
 * @param fullHeight the magnitude that fills the height
 */
export function drawSamples(
  surface: Surface,
  channels: readonly Float32Array[],
  firstSample: number,
  fullHeight: number,
): void {
  const { context, width, height, theme } = surface;
  const middle = height / 2;
  const unit = middle / fullHeight;
  context.fillStyle = theme.faint;
  context.fillRect(0, middle - 0.5, width, 1);
  context.strokeStyle = theme.accent;
  context.fillStyle = theme.accent;
  context.lineWidth = 1.5;
  const apart = pixelOf(surface, 1) - pixelOf(surface, 0);
  for (const samples of channels) {
    context.beginPath();
    for (const [i, value] of samples.entries()) {
      context.lineTo(pixelOf(surface, firstSample + i), middle - value * unit);
    }
    context.stroke();
    if (apart < pointPixels) continue;
    for (const [i, value] of samples.entries()) {
      context.fillRect(pixelOf(surface, firstSample + i) - 1.5, middle - value * unit - 1.5, 3, 3);
    }
  }
}
