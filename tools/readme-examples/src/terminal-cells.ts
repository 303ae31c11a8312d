/** One character of a terminal, as it stands there. */
export interface TerminalCell {
  readonly character: string;
  /** CSS colours; the terminal's own where absent. */
  readonly foreground?: string;
  readonly background?: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

interface Style {
  foreground?: string | undefined;
  background?: string | undefined;
  bold: boolean;
  dim: boolean;
}

/** The eight colours of a terminal that a program names by number, on a dark ground. */
const namedColours = ['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4'];

/**
 * What a terminal would show of a program's output: rows of cells. Understands styles, named colours and true colours.
 * @throws Error for any other escape sequence: it would move or erase what was written
 */
export function terminalCells(output: string): readonly (readonly TerminalCell[])[] {
  const style: Style = { bold: false, dim: false };
  return output.split('\n').map((line) => {
    const [plain = '', ...styled] = line.split('\u001b');
    const cells = [...plain].map((character) => cellOf(character, style));
    for (const piece of styled) {
      const [sequence, codes] = /^\[([0-9;]*)m/.exec(piece) ?? [];
      if (sequence === undefined || codes === undefined) {
        throw new Error(`Only styles are understood here: ${JSON.stringify(line)}`);
      }
      applyCodes(style, codes.split(';').map(Number));
      cells.push(...[...piece.slice(sequence.length)].map((character) => cellOf(character, style)));
    }
    return cells;
  });
}

function cellOf(character: string, { foreground, background, bold, dim }: Style): TerminalCell {
  return {
    character,
    ...(foreground === undefined ? {} : { foreground }),
    ...(background === undefined ? {} : { background }),
    bold,
    dim,
  };
}

function applyCodes(style: Style, codes: readonly number[]): void {
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 0) Object.assign(style, { foreground: undefined, background: undefined, bold: false, dim: false });
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 22) Object.assign(style, { bold: false, dim: false });
    else if (code >= 30 && code <= 37) style.foreground = namedColours[code - 30];
    else if (code === 39) style.foreground = undefined;
    else if (code === 49) style.background = undefined;
    else if ((code === 38 || code === 48) && codes[index + 1] === 2) {
      const colour = `#${codes
        .slice(index + 2, index + 5)
        .map((value) => value.toString(16).padStart(2, '0'))
        .join('')}`;
      if (code === 38) style.foreground = colour;
      else style.background = colour;
      index += 4;
    } else throw new Error(`The style ${code} is not understood here.`);
  }
}
