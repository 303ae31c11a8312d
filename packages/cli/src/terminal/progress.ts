import type { Capabilities } from './capabilities.ts';
import type { Painter } from './colour.ts';
import { formatClock, formatSpeed } from './figures.ts';
import { padEnd, printable, shorten } from './text-width.ts';

/** One piece of work whose progress is shown. */
export interface ProgressTask {
  /** Seconds of audio done so far, and of all where known. */
  update(doneSeconds: number, totalSeconds: number | undefined): void;
  finish(): void;
}

/** A line at the bottom of the terminal that says how far the work is. Without a terminal nothing is written. */
export interface ProgressLine {
  /** Shown until the first `update`, for example while a model is loaded. */
  stage(text: string): void;
  /** The same, for texts that change all the time: not every one is drawn. */
  detail(text: string): void;
  start(name: string): ProgressTask;
  /** Runs `write` with the line out of the way, so that other output stays whole. */
  aside(write: () => void): void;
  close(): void;
}

interface Running {
  readonly name: string;
  readonly startedMs: number;
  doneSeconds: number;
  totalSeconds: number | undefined;
}

const redrawMs = 80;
const clearLine = '\r\u001b[2K';

export function createProgressLine(
  write: (text: string) => void,
  capabilities: Capabilities,
  painter: Painter,
  fileCount: number,
  nowMs: () => number = () => performance.now(),
): ProgressLine {
  const running = new Set<Running>();
  let finishedCount = 0;
  let stageText = '';
  let drawnMs = Number.NEGATIVE_INFINITY;
  let isDrawn = false;

  const clear = (): void => {
    if (isDrawn) write(clearLine);
    isDrawn = false;
  };
  const draw = (isUrgent = false): void => {
    if (!capabilities.isTerminal) return;
    const now = nowMs();
    if (!isUrgent && now - drawnMs < redrawMs) return;
    drawnMs = now;
    const text = describe([...running], finishedCount, fileCount, stageText, now, capabilities, painter);
    clear();
    if (text === '') return;
    write(`\r${text}`);
    isDrawn = true;
  };

  return {
    stage(text) {
      stageText = text;
      draw(true);
    },
    detail(text) {
      stageText = text;
      draw();
    },
    start(name) {
      const task: Running = { name, startedMs: nowMs(), doneSeconds: 0, totalSeconds: undefined };
      running.add(task);
      draw();
      return {
        update(doneSeconds, totalSeconds) {
          task.doneSeconds = doneSeconds;
          task.totalSeconds = totalSeconds;
          draw();
        },
        finish() {
          if (running.delete(task)) finishedCount++;
          draw();
        },
      };
    },
    aside(other) {
      clear();
      other();
    },
    close: clear,
  };
}

/** The oldest task, with its share, its speed and the time left; several files are counted in front. */
function describe(
  running: readonly Running[],
  finishedCount: number,
  fileCount: number,
  stageText: string,
  now: number,
  capabilities: Capabilities,
  painter: Painter,
): string {
  const [task] = running;
  const count = fileCount > 1 ? `${painter.dim(`${finishedCount}/${fileCount}`)} ` : '';
  if (task === undefined || task.doneSeconds === 0) return stageText === '' ? '' : `${count}${painter.dim(stageText)}`;
  const elapsed = Math.max(0.001, (now - task.startedMs) / 1000);
  const speed = task.doneSeconds / elapsed;
  const others = running.length > 1 ? ` +${running.length - 1}` : '';
  const room = capabilities.width - 56;
  const name = room < 8 ? '' : `${padEnd(shorten(printable(task.name), Math.min(room, 28)) + others, 8)} `;
  const rate = `${formatSpeed(speed)} real time`;
  if (task.totalSeconds === undefined || task.totalSeconds <= 0) {
    return `${count}${name}${formatClock(task.doneSeconds)}  ${painter.accent(rate)}`;
  }
  const share = Math.min(1, task.doneSeconds / task.totalSeconds);
  const left = formatClock(Math.max(0, task.totalSeconds - task.doneSeconds) / speed);
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return `${count}${name}${bar(share, 18, capabilities.unicode, painter)} ${percent} %  ${painter.accent(rate)}  ${left} left`;
}

/** A bar with halves of a character. */
export function bar(share: number, width: number, unicode: boolean, painter: Painter): string {
  const halves = Math.round(Math.max(0, Math.min(1, share)) * width * 2);
  const full = Math.floor(halves / 2);
  if (!unicode) return `${'#'.repeat(full)}${'-'.repeat(width - full)}`;
  const isHalf = halves % 2 === 1;
  const rest = width - full - (isHalf ? 1 : 0);
  return `${painter.accent('━'.repeat(full) + (isHalf ? '╸' : ''))}${painter.dim('─'.repeat(rest))}`;
}
