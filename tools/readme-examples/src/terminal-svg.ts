import { brailleDots, filledPart } from './block-characters.ts';
import type { TerminalCell } from './terminal-cells.ts';

const cellWidth = 8;
const cellHeight = 16;
const margin = 14;
const textColour = '#e6edf3';
const dimColour = '#8b949e';
const groundColour = '#0d1117';
/** Of a Braille dot: with a little space between neighbours. */
const dotSize = 3;

interface Picture {
  /** Path data by colour: thousands of shapes share a few hundred colours. */
  readonly shapes: Map<string, string[]>;
  readonly texts: string[];
}

/**
 * A picture of a terminal. Blocks and Braille dots are drawn as shapes, so that it looks the same with every font.
 * @param title said by screen readers
 */
export function terminalSvg(rows: readonly (readonly TerminalCell[])[], title: string): string {
  const width = Math.max(...rows.map((row) => row.length)) * cellWidth + 2 * margin;
  const height = rows.length * cellHeight + 2 * margin;
  const picture: Picture = { shapes: new Map(), texts: [] };
  for (const [index, row] of rows.entries()) {
    const top = margin + index * cellHeight;
    // Grounds first: what stands on them is drawn after.
    for (const [column, cell] of row.entries()) {
      if (cell.background !== undefined) addShape(picture, cell.background, column, top, wholeCell);
    }
    drawRow(picture, row, top);
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${groundColour}"/>`,
    '<g shape-rendering="crispEdges">',
    ...[...picture.shapes].map(([colour, parts]) => `<path fill="${colour}" d="${parts.join('')}"/>`),
    '</g>',
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="13" fill="${textColour}">`,
    ...picture.texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

const wholeCell = { left: 0, right: 1, top: 0, bottom: 1 };

function drawRow(picture: Picture, row: readonly TerminalCell[], top: number): void {
  let column = 0;
  while (column < row.length) {
    const cell = row[column];
    if (cell === undefined) return;
    const colour = colourOf(cell);
    const filled = filledPart(cell.character);
    const dots = brailleDots(cell.character);
    if (filled !== undefined) addShape(picture, colour, column, top, filled);
    else if (dots !== undefined) {
      for (const dot of dots) addDot(picture, colour, column, top, dot);
    } else if (cell.character !== ' ') {
      const end = endOfText(row, column);
      picture.texts.push(textElement(row.slice(column, end), column, top));
      column = end;
      continue;
    }
    column += 1;
  }
}

function colourOf(cell: TerminalCell): string {
  return cell.foreground ?? (cell.dim ? dimColour : textColour);
}

/** Text of one style goes into one element, with its single spaces. */
function endOfText(row: readonly TerminalCell[], start: number): number {
  const first = row[start];
  let end = start;
  while (end < row.length) {
    const cell = row[end];
    if (cell === undefined || first === undefined) break;
    if (cell.character === ' ' ? row[end + 1]?.character === ' ' : !isText(cell.character)) break;
    if (colourOf(cell) !== colourOf(first) || cell.bold !== first.bold) break;
    end += 1;
  }
  return end;
}

function isText(character: string): boolean {
  return filledPart(character) === undefined && brailleDots(character) === undefined;
}

function textElement(cells: readonly TerminalCell[], column: number, top: number): string {
  const text = cells
    .map(({ character }) => character)
    .join('')
    .trimEnd();
  const [first] = cells;
  const colour = first === undefined ? textColour : colourOf(first);
  const style = `${colour === textColour ? '' : ` fill="${colour}"`}${first?.bold === true ? ' font-weight="600"' : ''}`;
  const length = [...text].length * cellWidth;
  return `<text x="${margin + column * cellWidth}" y="${top + 12}" textLength="${length}"${style}>${escaped(text)}</text>`;
}

function addShape(picture: Picture, colour: string, column: number, top: number, part: typeof wholeCell): void {
  const x = margin + (column + part.left) * cellWidth;
  const y = top + part.top * cellHeight;
  addRectangle(picture, colour, x, y, (part.right - part.left) * cellWidth, (part.bottom - part.top) * cellHeight);
}

function addDot(
  picture: Picture,
  colour: string,
  column: number,
  top: number,
  dot: { readonly column: number; readonly row: number },
): void {
  const x = margin + (column + dot.column / 2) * cellWidth + 0.5;
  const y = top + (dot.row / 4) * cellHeight + 0.5;
  addRectangle(picture, colour, x, y, dotSize, dotSize);
}

function addRectangle(picture: Picture, colour: string, x: number, y: number, width: number, height: number): void {
  const key = shortColour(colour);
  const parts = picture.shapes.get(key) ?? [];
  parts.push(`M${x} ${y}h${width}v${height}h-${width}z`);
  picture.shapes.set(key, parts);
}

/** Sixteen levels of red, green and blue are enough here, and make the file a third as large. */
function shortColour(colour: string): string {
  const levels = [1, 3, 5].map((at) => Math.round(Number.parseInt(colour.slice(at, at + 2), 16) / 17).toString(16));
  return `#${levels.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
