import { expect, test } from 'vitest';
import { brailleDots, filledPart } from './block-characters.ts';
import { terminalCells } from './terminal-cells.ts';
import { terminalSvg } from './terminal-svg.ts';

const sgr = '\u001b[';

test('styles and colours stay until they end, over lines too', () => {
  const [first, second] = terminalCells(
    `a${sgr}1;38;2;255;0;16mb${sgr}48;2;0;0;1m\nc${sgr}22;39;49md${sgr}2;32me${sgr}0mf`,
  );
  expect(first).toEqual([
    { character: 'a', bold: false, dim: false },
    { character: 'b', bold: true, dim: false, foreground: '#ff0010' },
  ]);
  expect(second).toEqual([
    { character: 'c', bold: true, dim: false, foreground: '#ff0010', background: '#000001' },
    { character: 'd', bold: false, dim: false },
    { character: 'e', bold: false, dim: true, foreground: '#3fb950' },
    { character: 'f', bold: false, dim: false },
  ]);
});

test('what moves the cursor is refused', () => {
  expect(() => terminalCells(`a${sgr}2Kb`)).toThrow('Only styles');
  expect(() => terminalCells(`${sgr}4ma`)).toThrow('style 4');
});

test('text is escaped and keeps single spaces; a ground lies below what stands on it', () => {
  const svg = terminalSvg(terminalCells(`<&> b  c ${sgr}48;2;17;34;51m ▄${sgr}0m`), 'a < b');
  expect(svg).toContain('<title>a &lt; b</title>');
  expect(svg).toContain('textLength="40">&lt;&amp;&gt; b</text>');
  expect(svg).toContain('>c</text>');
  expect(svg).toContain('<path fill="#123" d="M86 14h8v16h-8zM94 14h8v16h-8z"/>');
  expect(svg.indexOf('#123')).toBeLessThan(svg.indexOf('M94 22h8v8h-8z'));
});

test('parts of cells that block characters fill', () => {
  expect(['█', '▄', '▀', '▌', '▏', 'a'].map(filledPart)).toEqual([
    { left: 0, right: 1, top: 0, bottom: 1 },
    { left: 0, right: 1, top: 0.5, bottom: 1 },
    { left: 0, right: 1, top: 0, bottom: 0.5 },
    { left: 0, right: 0.5, top: 0, bottom: 1 },
    { left: 0, right: 1 / 8, top: 0, bottom: 1 },
    undefined,
  ]);
});

test('dots of Braille characters', () => {
  expect(brailleDots('⠁')).toEqual([{ column: 0, row: 0 }]);
  expect(brailleDots('⢀')).toEqual([{ column: 1, row: 3 }]);
  expect(brailleDots('⣿')).toHaveLength(8);
  expect(brailleDots('a')).toBeUndefined();
});
