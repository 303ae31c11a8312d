/** `3.42 s`, `2:05`, `1:02:03`: short stretches in seconds, longer ones as a clock. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return formatClock(seconds);
}

/** `0:07`, `12:34`, `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `812 bit/s`, `4.00 kbit/s`. */
export function formatBitrate(bps: number | undefined): string {
  if (bps === undefined) return '–';
  return bps < 999.5 ? `${Math.round(bps)} bit/s` : `${significant(bps / 1000)} kbit/s`;
}

/** `16 kHz`, `44.1 kHz`, `11.025 kHz`, `125 Hz`. */
export function formatSampleRate(hz: number): string {
  return hz < 1000 ? `${hz} Hz` : `${Number((hz / 1000).toFixed(3))} kHz`;
}

/** `9.4 MB`: thousands, as file managers count. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= 0.9995 * size) return `${significant(bytes / size)} ${unit}`;
  }
  return `${bytes} B`;
}

/** `0.8×`, `42×`, `1,200×` real time. */
export function formatSpeed(timesRealTime: number | undefined): string {
  if (timesRealTime === undefined || !Number.isFinite(timesRealTime)) return '–';
  return `${timesRealTime < 10 ? timesRealTime.toFixed(1) : formatCount(Math.round(timesRealTime))}×`;
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** Three significant digits, without an exponent. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** `12.5 frames/s`, without trailing zeros. */
export function formatRate(hz: number | undefined): string {
  return hz === undefined ? '–' : `${Number(hz.toFixed(2))}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
