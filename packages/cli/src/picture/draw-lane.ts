import { idColour, textColourOn } from '@speech-tokens/token-view';
import type { Rgb } from '../terminal/colour.ts';
import { middleOfSlot, type TimeWindow } from './time-window.ts';
import type { TokenLane } from './token-lane.ts';
import type { DrawSettings } from './waveform.ts';

/** Characters for ids where there are no colours; two ids may share one. */
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * One line: each place has the colour of the token at its time, two places a column. Where a frame is wide enough, its
 * id is written on it.
 */
export function drawLane(lane: TokenLane, window: TimeWindow, settings: DrawSettings): string {
  const { frameSeconds } = lane;
  if (frameSeconds === undefined) return settings.painter.dim('no clock: these tokens have no place in time');
  const columnsPerFrame = (settings.columns * frameSeconds) / (window.endSeconds - window.startSeconds);
  const isWide = columnsPerFrame >= String(lane.size - 1).length + 1 && lane.framesPerEntry() === 1;
  const frameAt = (index: number, count: number): number =>
    Math.floor(middleOfSlot(window, index, count) / frameSeconds + 1e-9);
  if (isWide) return drawWithIds(lane, frameAt, settings);
  return settings.painter.depth === 1
    ? drawPlain(lane, frameAt, settings.columns)
    : drawColoured(lane, frameAt, settings);
}

type FrameAt = (index: number, count: number) => number;

function drawPlain(lane: TokenLane, frameAt: FrameAt, columns: number): string {
  let line = '';
  for (let column = 0; column < columns; column++) {
    const id = lane.idAt(frameAt(column, columns));
    line += id === undefined ? ' ' : alphabet[id % alphabet.length]!;
  }
  return line.trimEnd();
}

function drawColoured(lane: TokenLane, frameAt: FrameAt, { columns, painter, unicode }: DrawSettings): string {
  const slots = unicode ? 2 * columns : columns;
  const colourAt = (slot: number): Rgb | undefined => {
    const id = lane.idAt(frameAt(slot, slots));
    return id === undefined ? undefined : idColour(id, lane.place);
  };
  let line = '';
  for (let column = 0; column < columns; column++) {
    const left = colourAt(unicode ? 2 * column : column);
    const right = unicode ? colourAt(2 * column + 1) : left;
    if (left === undefined) break;
    // The last column may be half full: the background then stays the terminal's own.
    if (right === undefined) line += `${painter.reset}${painter.sequence(left, undefined)}▌`;
    else line += `${painter.sequence(left, right)}${isSame(left, right) ? ' ' : '▌'}`;
  }
  return `${line}${painter.reset}`;
}

/** Runs of one id as wide blocks with the id in front. */
function drawWithIds(lane: TokenLane, frameAt: FrameAt, { columns, painter, unicode }: DrawSettings): string {
  let line = '';
  for (let column = 0; column < columns; ) {
    const frame = frameAt(column, columns);
    const id = lane.idAt(frame);
    if (id === undefined) {
      line += ' ';
      column++;
      continue;
    }
    let end = column + 1;
    while (end < columns && frameAt(end, columns) === frame) end++;
    // Cut off at the edge of the picture it would be another id.
    const whole = String(id);
    const text = whole.length <= end - column ? whole : '';
    const colour = idColour(id, lane.place);
    const fill = painter.depth > 1 ? ' ' : unicode ? '·' : '.';
    const rest = end - column - text.length;
    const block = `${text}${fill.repeat(Math.max(0, rest - 1))}${rest > 0 ? ' ' : ''}`;
    line += `${painter.sequence(textColourOn(colour), colour)}${block}${painter.reset}`;
    column = end;
  }
  return line.trimEnd();
}

function isSame(a: Rgb, b: Rgb): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}
