import type { Capabilities } from '../terminal/capabilities.ts';
import type { Painter } from '../terminal/colour.ts';
import { formatSampleRate } from '../terminal/figures.ts';
import { padStart, printable, shorten, textWidth } from '../terminal/text-width.ts';
import { drawLane } from './draw-lane.ts';
import { drawRuler } from './ruler.ts';
import type { SoundOutline } from './sound-outline.ts';
import type { TimeWindow } from './time-window.ts';
import type { TokenLane } from './token-lane.ts';
import { type DrawSettings, drawSpectrogram, drawWaveform } from './waveform.ts';

/** Lanes of one tokenizer or token file, under a heading. */
export interface LaneGroup {
  readonly heading: string;
  readonly lanes: readonly TokenLane[];
}

export interface PictureParts {
  /** Absent where there are only tokens. */
  readonly sound?: SoundOutline;
  readonly groups: readonly LaneGroup[];
  readonly window: TimeWindow;
}

const longestLabel = 14;
const waveformRows = 5;

/** Waveform, spectrogram and lanes on one time axis, as wide as the output. */
export function drawPicture(parts: PictureParts, capabilities: Capabilities, painter: Painter): readonly string[] {
  const { sound, groups, window } = parts;
  const names = groups.flatMap((group) => group.lanes.map((lane) => shorten(printable(lane.name), longestLabel)));
  const gutter = Math.max(6, ...names.map(textWidth));
  const settings: DrawSettings = {
    columns: Math.max(10, capabilities.width - gutter - 2),
    painter,
    unicode: capabilities.unicode,
  };
  const label = (text: string): string => `${painter.dim(padStart(text, gutter))} `;
  const lines: string[] = [];

  if (sound !== undefined) {
    const waveform = drawWaveform(sound, window, waveformRows, settings);
    const middle = Math.floor(waveformRows / 2);
    const labels = new Map([
      [0, peakLabel(sound.peak())],
      [middle, '0'],
    ]);
    lines.push(...waveform.map((line, row) => label(labels.get(row) ?? '') + line));
    if (painter.depth >= 8 && capabilities.unicode) {
      const spectrogram = drawSpectrogram(sound, window, settings);
      const last = spectrogram.length - 1;
      const top = formatSampleRate(sound.sampleRateHz / 2);
      lines.push(
        ...spectrogram.map((line, row) => label(row === 0 ? top.replace(' ', '') : row === last ? '0' : '') + line),
      );
    }
    if (groups.length === 0) lines.push(label('') + drawRuler(window, settings));
  }
  for (const { heading, lanes } of groups) {
    if (lines.length > 0) lines.push('');
    lines.push(heading);
    for (const lane of lanes) {
      lines.push(label(shorten(printable(lane.name), longestLabel)) + drawLane(lane, window, settings));
    }
    lines.push(label('') + drawRuler(window, settings));
  }
  return lines;
}

/** The loudest sample in dB below full scale: what the height of the waveform stands for. */
function peakLabel(peak: number): string {
  if (peak === 0) return 'silent';
  const decibels = 20 * Math.log10(peak);
  return `${decibels.toFixed(Math.abs(decibels) < 9.95 ? 1 : 0)} dB`;
}
