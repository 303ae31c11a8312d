import { lengthOf, type TimeRange } from './time-range.ts';

export interface Tick {
  readonly sample: number;
  readonly label: string;
}

const stepsSeconds: readonly number[] = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600,
  900, 1800, 3600, 7200, 14_400,
];

/**
 * Round times within a range, as close to each other as their labels allow.
 * @param most how many labels have room side by side
 */
export function ticksIn(range: TimeRange, sampleRateHz: number, most: number): readonly Tick[] {
  const [start, end] = [range.startSample / sampleRateHz, range.endSample / sampleRateHz];
  const wanted = lengthOf(range) / sampleRateHz / Math.max(1, most);
  const step = stepsSeconds.find((candidate) => candidate >= wanted) ?? stepsSeconds.at(-1)!;
  const ticks: Tick[] = [];
  for (let i = Math.ceil(start / step - 1e-9); i * step <= end + 1e-9; i++) {
    ticks.push({ sample: i * step * sampleRateHz, label: timeLabel(i * step, step) });
  }
  return ticks;
}

/** Seconds, with minutes and hours where there are any; as many digits as a step needs. */
export function timeLabel(seconds: number, stepSeconds: number): string {
  const digits = stepSeconds >= 1 ? 0 : Math.ceil(-Math.log10(stepSeconds) - 1e-9);
  const rounded = Number(seconds.toFixed(digits));
  if (rounded < 60) return `${rounded.toFixed(digits)} s`;
  const [hours, minutes] = [Math.floor(rounded / 3600), Math.floor((rounded % 3600) / 60)];
  const rest = (rounded % 60).toFixed(digits).padStart(digits === 0 ? 2 : 3 + digits, '0');
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`;
}
