import { WriteStream } from 'node:tty';

/** Bits of colour: none, 16 colours, 256 colours, or true colour. */
export type ColourDepth = 1 | 4 | 8 | 24;

/** What may be written to one output. */
export interface Capabilities {
  readonly isTerminal: boolean;
  readonly colourDepth: ColourDepth;
  /** Columns; of a terminal its own, else `COLUMNS`, else 100. */
  readonly width: number;
  /** Braille and block characters; false on consoles that are known to have no glyphs for them. */
  readonly unicode: boolean;
}

export interface TerminalLike {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Environment = { readonly [name: string]: string | undefined };

export function capabilitiesOf(output: TerminalLike, env: Environment): Capabilities {
  const isTerminal = output.isTTY === true;
  return {
    isTerminal,
    colourDepth: colourDepthOf(isTerminal, env),
    width: widthOf(output, env),
    unicode: hasUnicode(env),
  };
}

/** `FORCE_COLOR` first, as in Node.js, then `NO_COLOR` (no-color.org), then what the terminal says of itself. */
function colourDepthOf(isTerminal: boolean, env: Environment): ColourDepth {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) {
    if (forced === '0' || forced === 'false') return 1;
    if (forced === '3') return 24;
    if (forced === '2') return 8;
    if (forced === '1') return 4;
    return env['COLORTERM'] === 'truecolor' || env['COLORTERM'] === '24bit' ? 24 : 8;
  }
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return 1;
  if (!isTerminal) return 1;
  return WriteStream.prototype.getColorDepth.call(undefined, { ...env }) as ColourDepth;
}

function widthOf(output: TerminalLike, env: Environment): number {
  const wanted = output.columns ?? Number.parseInt(env['COLUMNS'] ?? '', 10);
  return wanted >= 20 ? Math.min(wanted, 1000) : wanted > 0 ? 20 : 100;
}

function hasUnicode(env: Environment): boolean {
  if (env['TERM'] === 'linux' || env['TERM'] === 'dumb') return false;
  if (process.platform !== 'win32') return true;
  return env['WT_SESSION'] !== undefined || env['TERM_PROGRAM'] !== undefined || env['TERM'] !== undefined;
}
