import type { GraphTensor } from '../../graph/graph-types.ts';

/** Integers in the place of reals: real = scale · (stored − zeroPoint), stored from −128 to 127. */
export interface IntegerGrid {
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * What a tensor of a one-frame model becomes where many frames run at once. The model's `[1, rows, 1, channels]` are
 * the `rows` of each frame. Where there is a grid, `x` holds stored − zeroPoint as floats, which are whole numbers.
 */
export type StreamValue =
  /** `x [frames · rows, channels]` */
  | {
      readonly kind: 'rows';
      readonly x: GraphTensor;
      readonly rows: number;
      readonly channels: number;
      readonly grid?: IntegerGrid;
    }
  /** The rows of a variable, then those of the frames: `x [past + frames · rows, channels]`. */
  | {
      readonly kind: 'extended';
      readonly x: GraphTensor;
      readonly variable: string;
      readonly past: number;
      readonly rows: number;
      readonly channels: number;
      readonly grid?: IntegerGrid;
    }
  /** A transposed convolution: each frame gives rows that reach into the next one, `x [frames, rows, channels]`. */
  | {
      readonly kind: 'spread';
      readonly x: GraphTensor;
      readonly rows: number;
      readonly channels: number;
      readonly grid?: IntegerGrid;
    }
  /** A variable's rows, then as many zeros as a frame has rows: what is added to a spread. */
  | { readonly kind: 'carry'; readonly variable: string; readonly past: number; readonly rows: number }
  /** The sum of both. `x [frames · rows, channels]` is what is settled; `past` more rows of each frame are carried. */
  | {
      readonly kind: 'overlapped';
      readonly x: GraphTensor;
      readonly variable: string;
      /** What the variable is to hold: the carried rows of the last frame, without the bias. */
      readonly next: Extract<StreamValue, { kind: 'next' }>;
      readonly past: number;
      readonly rows: number;
      readonly channels: number;
    }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'past'; readonly variable: string; readonly rows: number; readonly channels: number }
  /** What a variable is to hold after the frames. `bias` is a constant's key, which the file has yet to subtract. */
  | {
      readonly kind: 'next';
      readonly variable: string;
      readonly x: GraphTensor;
      readonly grid?: IntegerGrid;
      readonly bias?: string;
    };

export type Rows = Extract<StreamValue, { kind: 'rows' }>;
export type Extended = Extract<StreamValue, { kind: 'extended' }>;
export type Spread = Extract<StreamValue, { kind: 'spread' }>;
