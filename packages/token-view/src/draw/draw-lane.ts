import type { LanePlace } from '../colours/colours.ts';
import { idPalette } from '../colours/id-palette.ts';
import { type TokenLane, tokenAt, tokenStart, tokensIn } from '../lanes/lane.ts';
import { drawImage } from './draw-image.ts';
import { pixelOf, type Surface, sampleOf } from './surface.ts';

/** The least width of a token, in CSS pixels, for its number to be written. */
const leastLabelPixels = 7;

/** What stands out in a lane. */
export interface LaneMarks {
  /** The id whose uses are marked; others are drawn faintly. */
  readonly markedId: number | undefined;
  /** The token with the cursor. */
  readonly cursor: number | undefined;
}

/** Tokens as boxes, a colour for each id, with its number where it has room. */
export function drawLane(surface: Surface, lane: TokenLane, place: LanePlace, { markedId, cursor }: LaneMarks): void {
  const { context, width, height, theme, range } = surface;
  const [first, end] = tokensIn(lane, range.startSample, range.endSample);
  const alphaOf = (id: number): number => (markedId === undefined || id === markedId ? 1 : 0.18);
  const colourOf = idPalette(place);
  if (end - first > width) {
    // More tokens than pixels: each column shows the one at its middle, or a use of the marked id if it has one. One row of an
    // image that is stretched takes a fraction of the time of a box for each.
    const columns = Math.ceil(width);
    drawImage(context, columns, 1, { left: 0, width: columns, height }, (pixels) => {
      for (let x = 0; x < columns; x++) {
        const index = tokenAt(lane, sampleOf(surface, x + 0.5));
        if (index === undefined) continue;
        let id = lane.ids[index]!;
        if (markedId !== undefined && id !== markedId) {
          const [from, to] = tokensIn(lane, sampleOf(surface, x), sampleOf(surface, x + 1));
          for (let i = from; i < to; i++) if (lane.ids[i] === markedId) id = markedId;
        }
        pixels[x] = colourOf(id).packed + Math.round(255 * alphaOf(id)) * 0x1000000;
      }
    });
  } else {
    context.font = `${Math.min(11, height - 5)}px ${theme.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (let index = first; index < end; index++) {
      const id = lane.ids[index]!;
      const [left, right] = [pixelOf(surface, tokenStart(lane, index)), pixelOf(surface, tokenStart(lane, index + 1))];
      const { css, textCss } = colourOf(id);
      context.globalAlpha = alphaOf(id);
      context.fillStyle = css;
      const gap = right - left > 4 ? 1 : 0;
      context.fillRect(left, 0, Math.max(0.5, right - left - gap), height);
      const label = String(id);
      // In the middle of what can be seen of the token.
      const [from, to] = [Math.max(0, left), Math.min(width, right)];
      if (to - from >= leastLabelPixels * label.length + 2) {
        context.fillStyle = textCss;
        context.fillText(label, (from + to) / 2, height / 2 + 0.5);
      }
    }
  }
  context.globalAlpha = 1;
  if (cursor !== undefined && cursor < lane.ids.length) {
    const [left, right] = [pixelOf(surface, tokenStart(lane, cursor)), pixelOf(surface, tokenStart(lane, cursor + 1))];
    context.strokeStyle = theme.foreground;
    context.lineWidth = 2;
    context.strokeRect(left + 1, 1, Math.max(2, right - left - 2), height - 2);
  }
}
