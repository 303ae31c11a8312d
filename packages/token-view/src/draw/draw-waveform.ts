import type { Surface } from './surface.ts';

/**
 * The outline of a sound.
 * @param fullHeight the magnitude that fills the height
 * @param peaks lowest and highest of each column, `[columns, 2]` in [−1, 1]; NaN where there is none (yet)
 */
export function drawWaveform(
  { context, width, height, theme }: Surface,
  peaks: Float32Array,
  fullHeight: number,
): void {
  const columns = peaks.length / 2;
  const perColumn = width / columns;
  const middle = height / 2;
  const unit = middle / fullHeight;
  context.fillStyle = theme.faint;
  context.fillRect(0, middle - 0.5, width, 1);
  context.fillStyle = theme.accent;
  for (let column = 0; column < columns; column++) {
    const [low, high] = [peaks[2 * column]!, peaks[2 * column + 1]!];
    if (Number.isNaN(low)) continue;
    const top = middle - high * unit;
    // A silent stretch is a line, and not nothing. One path of all of them would take ten times as long.
    context.fillRect(column * perColumn, top, perColumn, Math.max(1, (high - low) * unit));
  }
}
