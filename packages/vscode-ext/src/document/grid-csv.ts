import type { TokenGrid } from '@speech-tokens/core';
import { lanesOf, tokenStart } from '@speech-tokens/token-view';

/** Tokens as comma-separated values (RFC 4180): one row a token, codebook by codebook; seconds from the start of the recording. */
export function gridToCsv(grid: TokenGrid): string {
  const rateHz = grid.tokenSpace.sampleRateHz;
  const rows = ['codebook,start_seconds,end_seconds,id'];
  for (const lane of lanesOf(grid, rateHz)) {
    const name = quoted(lane.name);
    for (const [i, id] of lane.ids.entries()) {
      rows.push(`${name},${seconds(tokenStart(lane, i) / rateHz)},${seconds(tokenStart(lane, i + 1) / rateHz)},${id}`);
    }
  }
  return `${rows.join('\r\n')}\r\n`;
}

function seconds(value: number): string {
  return String(Number(value.toFixed(6)));
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
