import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { capabilitiesOf } from './capabilities.ts';
import { createPainter } from './colour.ts';
import {
  formatBitrate,
  formatBytes,
  formatClock,
  formatDuration,
  formatRate,
  formatSampleRate,
  formatSpeed,
} from './figures.ts';
import { bar, createProgressLine } from './progress.ts';
import { formatTable } from './table.ts';
import { padEnd, padStart, printable, shorten, textWidth } from './text-width.ts';

const plain = createPainter(1);

describe('capabilitiesOf', () => {
  it.each([
    [{}, {}, 1],
    [{ isTTY: true }, { TERM: 'xterm-256color' }, 8],
    [{ isTTY: true }, { COLORTERM: 'truecolor', TERM: 'xterm' }, 24],
    [{ isTTY: true }, { TERM: 'xterm-256color', NO_COLOR: '1' }, 1],
    [{ isTTY: true }, { TERM: 'xterm-256color', NO_COLOR: '' }, 8],
    [{ isTTY: true }, { TERM: 'dumb' }, 1],
    [{}, { FORCE_COLOR: '1' }, 4],
    [{}, { FORCE_COLOR: '2' }, 8],
    [{}, { FORCE_COLOR: '3' }, 24],
    [{}, { FORCE_COLOR: '3', NO_COLOR: '1' }, 24],
    [{ isTTY: true }, { FORCE_COLOR: '0', COLORTERM: 'truecolor' }, 1],
    [{}, { FORCE_COLOR: '', COLORTERM: 'truecolor' }, 24],
  ])('finds the colours of %j with %j', (output, env, depth) => {
    expect(capabilitiesOf(output, env).colourDepth).toBe(depth);
  });

  it('takes the width of the terminal, else COLUMNS, else 100, within reason', () => {
    expect(capabilitiesOf({ columns: 72 }, { COLUMNS: '90' }).width).toBe(72);
    expect(capabilitiesOf({}, { COLUMNS: '90' }).width).toBe(90);
    expect(capabilitiesOf({}, { COLUMNS: 'wide' }).width).toBe(100);
    expect(capabilitiesOf({ columns: 3 }, {}).width).toBe(20);
    expect(capabilitiesOf({ columns: 0 }, {}).width).toBe(100);
    expect(capabilitiesOf({ columns: 1e9 }, {}).width).toBe(1000);
  });
});

describe('createPainter', () => {
  it('writes the nearest colour that the terminal has, and none without colours', () => {
    expect(createPainter(24).sequence([255, 0, 10], [1, 2, 3])).toBe('\u001b[38;2;255;0;10;48;2;1;2;3m');
    expect(createPainter(8).sequence([255, 0, 10], undefined)).toBe('\u001b[38;5;196m');
    expect(createPainter(8).sequence(undefined, [120, 120, 121])).toBe('\u001b[48;5;243m');
    expect(createPainter(4).sequence([255, 30, 10], [0, 0, 0])).toBe('\u001b[91;40m');
    expect(plain.sequence([255, 0, 0], [0, 0, 0])).toBe('');
    expect(plain.bold('text') + plain.reset).toBe('text');
    expect(createPainter(8).bold('text')).toBe('\u001b[1mtext\u001b[22m');
  });
});

describe('figures', () => {
  it('are short and have units', () => {
    expect([3.4167, 59.94, 65, 3723].map(formatDuration)).toEqual(['3.42 s', '59.9 s', '1:05', '1:02:03']);
    expect([0, 9.6, 600, 36_000].map(formatClock)).toEqual(['0:00', '0:10', '10:00', '10:00:00']);
    expect([undefined, 812.4, 999.6, 4000, 24_000, 128_000].map(formatBitrate)).toEqual([
      '–',
      '812 bit/s',
      '1.00 kbit/s',
      '4.00 kbit/s',
      '24.0 kbit/s',
      '128 kbit/s',
    ]);
    expect([125, 11_025, 16_000, 44_100].map(formatSampleRate)).toEqual(['125 Hz', '11.025 kHz', '16 kHz', '44.1 kHz']);
    expect([12, 999_700, 11_906_548, 2.5e9].map(formatBytes)).toEqual(['12 B', '1.00 MB', '11.9 MB', '2.50 GB']);
    expect([undefined, 0.84, 42.4, 1200].map(formatSpeed)).toEqual(['–', '0.8×', '42×', '1,200×']);
    expect([undefined, 50, 11.71875].map(formatRate)).toEqual(['–', '50', '11.72']);
  });
});

describe('text width', () => {
  it('counts columns, not code units or styles', () => {
    expect(textWidth('\u001b[1mabc\u001b[22m')).toBe(3);
    expect(textWidth('音声')).toBe(4);
    expect(textWidth('e\u0301')).toBe(1);
    expect(padStart('音', 4)).toBe('  音');
    expect(padEnd('\u001b[1ma\u001b[22m', 3)).toBe('\u001b[1ma\u001b[22m  ');
    expect(shorten('recording.wav', 20)).toBe('recording.wav');
    expect(shorten('a-long-recording.wav', 10)).toBe('…ording.wav'.slice(0, 1) + 'rding.wav'.slice(-9));
    expect(textWidth(shorten('録音録音録音.wav', 9))).toBeLessThanOrEqual(9);
  });

  it('makes control characters visible', () => {
    expect(printable('a\u001b[2Jb\u009b\u202e')).toBe('a\\u001b[2Jb\\u009b\\u202e');
    expect(printable('größe 音')).toBe('größe 音');
  });
});

describe('formatTable', () => {
  const columns = [
    { title: 'name' },
    { title: 'size', align: 'right', dropOrder: 2 },
    { title: 'note', dropOrder: 1 },
  ] as const;
  const rows = [
    ['a', '1', 'short'],
    ['音声', '1,000', ''],
  ];

  it('aligns columns by their width in the terminal', () => {
    expect(formatTable(columns, rows, plain)).toEqual(['name   size  note', 'a         1  short', '音声  1,000']);
  });

  it('leaves out columns in their order where there is no room', () => {
    expect(formatTable(columns, rows, plain, 15)).toEqual(['name   size', 'a         1', '音声  1,000']);
    expect(formatTable(columns, rows, plain, 5)).toEqual(['name', 'a', '音声']);
  });
});

describe('createProgressLine', () => {
  const terminal = { isTerminal: true, colourDepth: 1, width: 100, unicode: true } as const;

  it('shows share, speed and time left, at most every 80 ms, and cleans up after itself', () => {
    const written: string[] = [];
    let now = 0;
    const line = createProgressLine(
      (text) => written.push(text),
      terminal,
      plain,
      2,
      () => now,
    );
    const task = line.start('recording.wav');
    now = 1000;
    task.update(20, 60);
    expect(stripVTControlCharacters(written.at(-1)!)).toMatch(
      /^\r0\/2 recording\.wav ━━━━━━─+ {2}33 % {2}20× real time {2}0:02 left$/,
    );
    const count = written.length;
    now = 1079;
    task.update(21, 60);
    expect(written).toHaveLength(count);
    line.aside(() => written.push('other'));
    expect(written.slice(-2)).toEqual(['\r\u001b[2K', 'other']);
    now = 2000;
    task.finish();
    line.close();
    expect(written.join('')).not.toMatch(/left$/);
  });

  it('shows what is known where the length is not', () => {
    const written: string[] = [];
    let now = 0;
    const line = createProgressLine(
      (text) => written.push(text),
      terminal,
      plain,
      1,
      () => now,
    );
    line.stage('Loading');
    expect(written.at(-1)).toBe('\rLoading');
    const task = line.start('pipe');
    now = 2000;
    task.update(90, undefined);
    expect(written.at(-1)).toBe('\rpipe     1:30  45× real time');
  });

  it('writes nothing where there is no terminal', () => {
    const written: string[] = [];
    const line = createProgressLine((text) => written.push(text), { ...terminal, isTerminal: false }, plain, 1);
    line.stage('Loading');
    const task = line.start('a');
    task.update(1, 2);
    task.finish();
    line.close();
    expect(written).toEqual([]);
  });

  it('draws bars in halves', () => {
    expect([0, 0.25, 0.5, 0.999, 1, 7].map((share) => bar(share, 4, true, plain))).toEqual([
      '────',
      '━───',
      '━━──',
      '━━━━',
      '━━━━',
      '━━━━',
    ]);
    expect(bar(0.375, 4, true, plain)).toBe('━╸──');
    expect(bar(0.5, 4, false, plain)).toBe('##--');
  });
});
