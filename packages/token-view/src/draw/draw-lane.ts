import type { LanePlace } from '../colours/colours.ts';
import { idPalette } from '../colours/id-palette.ts';
import { type TokenLane, tokenAt, tokenStart, tokensIn } from '../lanes/lane.ts';
import type { TimeRange } from '../time/time-range.ts';
import { pixelOf, type Surface, sampleOf } from './surface.ts';

/** The least width of a digit, in CSS pixels, for a number to be written. */
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
  const colourOf = idPalette(place);
  const alphaOf = (id: number): number => (markedId === undefined || id === markedId ? 1 : 0.18);
  surface.putPixels((image) => {
    const row = image.pixels.subarray(0, image.width);
    const pixelFor = (id: number): number => colourOf(id).packed + Math.round(255 * alphaOf(id)) * 0x1000000;
    if (end - first > image.width) paintColumns(row, { lane, range, markedId, pixelFor });
    else paintBoxes(row, { lane, range, first, end, pixelFor, gap: Math.round(surface.scale) });
    for (let y = 1; y < image.height; y++) image.pixels.copyWithin(y * image.width, 0, image.width);
  });
  const left = (index: number): number => pixelOf(surface, tokenStart(lane, index));
  if (end - first <= width) {
    context.font = `${Math.min(11, height - 5)}px ${theme.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (let index = first; index < end; index++) {
      // In the middle of what can be seen of the token.
      const [from, to] = [Math.max(0, left(index)), Math.min(width, left(index + 1))];
      if (to - from < leastLabelPixels + 2) continue;
      const id = lane.ids[index]!;
      const label = String(id);
      if (to - from < leastLabelPixels * label.length + 2) continue;
      context.globalAlpha = alphaOf(id);
      context.fillStyle = colourOf(id).textCss;
      context.fillText(label, (from + to) / 2, height / 2 + 0.5);
    }
    context.globalAlpha = 1;
  }
  if (cursor !== undefined && cursor < lane.ids.length) {
    context.strokeStyle = theme.foreground;
    context.lineWidth = 2;
    context.strokeRect(left(cursor) + 1, 1, Math.max(2, left(cursor + 1) - left(cursor) - 2), height - 2);
  }
}

interface PaintedTokens {
  readonly lane: TokenLane;
  readonly range: TimeRange;
  /** `0xAABBGGRR` of an id. */
  pixelFor(id: number): number;
}

/** More tokens than pixels: each shows the one at its middle, or a use of the marked id if it has one. */
function paintColumns(
  row: Uint32Array,
  { lane, range, markedId, pixelFor }: PaintedTokens & { readonly markedId: number | undefined },
): void {
  const across = { range, width: row.length };
  for (let x = 0; x < row.length; x++) {
    const index = tokenAt(lane, sampleOf(across, x + 0.5));
    if (index === undefined) continue;
    let id = lane.ids[index]!;
    if (markedId !== undefined && id !== markedId) {
      const [from, to] = tokensIn(lane, sampleOf(across, x), sampleOf(across, x + 1));
      for (let i = from; i < to; i++) if (lane.ids[i] === markedId) id = markedId;
    }
    row[x] = pixelFor(id);
  }
}

/** @param gap pixels between boxes that are wide enough for it */
function paintBoxes(
  row: Uint32Array,
  {
    lane,
    range,
    first,
    end,
    pixelFor,
    gap,
  }: PaintedTokens & { readonly first: number; readonly end: number; readonly gap: number },
): void {
  const across = { range, width: row.length };
  for (let index = first; index < end; index++) {
    const left = Math.round(pixelOf(across, tokenStart(lane, index)));
    const right = Math.round(pixelOf(across, tokenStart(lane, index + 1)));
    const isWide = right - left > 4 * gap;
    row.fill(pixelFor(lane.ids[index]!), Math.max(0, left), Math.max(left + 1, isWide ? right - gap : right));
  }
}
