import { ticksIn } from '../time/ticks.ts';
import { pixelOf, type Surface } from './surface.ts';

const leastTickPixels = 74;

/** Times along the width. */
export function drawAxis(surface: Surface, sampleRateHz: number): void {
  const { context, width, height, theme } = surface;
  context.font = `11px ${theme.font}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const { sample, label } of ticksIn(surface.range, sampleRateHz, Math.floor(width / leastTickPixels))) {
    const x = Math.round(pixelOf(surface, sample));
    context.fillStyle = theme.faint;
    context.fillRect(x, 0, 1, height);
    context.fillStyle = theme.foreground;
    context.fillText(label, x + 4, height / 2);
  }
}
