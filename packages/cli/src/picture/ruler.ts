import { formatClock } from '../terminal/figures.ts';
import type { TimeWindow } from './time-window.ts';
import type { DrawSettings } from './waveform.ts';

const stepsSeconds = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
  14_400, 36_000,
];

/** A line of times, as close to each other as their labels allow. */
export function drawRuler(window: TimeWindow, { columns, painter, unicode }: DrawSettings): string {
  const length = window.endSeconds - window.startSeconds;
  const room = 11;
  const wanted = (length * room) / columns;
  const step = stepsSeconds.find((candidate) => candidate >= wanted) ?? stepsSeconds.at(-1)!;
  const tick = unicode ? '╵' : '|';
  const cells = Array.from({ length: columns }, () => ' ');
  for (let i = Math.ceil(window.startSeconds / step - 1e-9); i * step <= window.endSeconds + 1e-9; i++) {
    const column = Math.round(((i * step - window.startSeconds) / length) * columns);
    const text = `${tick}${timeLabel(i * step, step)}`;
    if (column + text.length > columns) break;
    for (const [offset, character] of [...text].entries()) cells[column + offset] = character;
  }
  return painter.dim(cells.join('').trimEnd());
}

function timeLabel(seconds: number, step: number): string {
  if (step >= 1 && seconds >= 60) return formatClock(seconds);
  const digits = step >= 1 ? 0 : Math.ceil(-Math.log10(step) - 1e-9);
  return `${seconds.toFixed(digits)} s`;
}
