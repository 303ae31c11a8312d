import { type WindowLayout, windowLayout } from '../windowed/window-layout.ts';
import { residualDilations, wideKernel } from './parts.ts';
import { blockPositions, type SnacConfig } from './snac-config.ts';

/** How much of a signal must be there before and after what is wanted of it, in its own samples or positions. */
export interface Context {
  readonly before: number;
  readonly after: number;
}

/** What the layers of the encoder need, in latent positions around those that are coded. */
export interface EncoderContexts {
  /** Of the audio, as positions. */
  readonly input: Context;
  /** Of the latent signal that the attention sees: whole windows of it. */
  readonly attended: Context;
}

/** What the layers of the decoder need around those positions whose samples are wanted. */
export interface DecoderContexts {
  /** Of the sum of codes, in positions. */
  readonly input: Context;
  /** Of what the attention sees, in positions: whole windows of it. */
  readonly attended: Context;
  /** Of what the attention gives, in positions. */
  readonly decoded: Context;
  /** Of the input of each block's residual units, in samples at the rate of that block. */
  readonly blocks: readonly Context[];
}

/** Samples that a convolution of 7 taps reaches to both sides. */
export const wideReach: number = (wideKernel - 1) / 2;

/** The three residual units of a block, at its rate. */
const unitsReach = residualDilations.reduce((sum, dilation) => sum + dilation * wideReach, 0);

/** Zeros that a strided convolution has before the signal, and that a transposed one leaves out of its result. */
export function stridePadding(stride: number): number {
  return Math.ceil(stride / 2);
}

export function encoderContexts({ encoder, attentionWindow = 1 }: SnacConfig): EncoderContexts {
  const attended = wholeWindows({ before: wideReach, after: wideReach }, attentionWindow);
  // The samples that the convolutions see around a position, at the rate of each block from the last to the first.
  let reach: Context = { before: 0, after: 0 };
  for (const rate of [...encoder.rates].reverse()) {
    const padding = stridePadding(rate);
    // Taps −padding … 2 · rate − 1 − padding around the first sample of a stride; the last one's are rate on.
    const strided = { before: reach.before * rate + padding, after: reach.after * rate + rate - padding };
    reach = widened(strided, unitsReach);
  }
  reach = widened(reach, wideReach);
  const hopSamples = encoder.rates.reduce((product, rate) => product * rate, 1);
  return {
    attended,
    input: {
      before: attended.before + Math.ceil(reach.before / hopSamples),
      after: attended.after + Math.ceil(reach.after / hopSamples),
    },
  };
}

export function decoderContexts({ decoder, attentionWindow = 1 }: SnacConfig): DecoderContexts {
  const blocks: Context[] = [];
  let needed: Context = { before: wideReach, after: wideReach };
  for (const rate of [...decoder.rates].reverse()) {
    const units = widened(needed, unitsReach);
    blocks.unshift(units);
    // Sample n of a transposed convolution follows from x[t] where 0 ≤ n + padding − t · rate < 2 · rate.
    const padding = stridePadding(rate);
    needed = {
      before: Math.floor((units.before - padding + 2 * rate - 1) / rate),
      after: Math.floor((units.after + padding - 1) / rate) + 1,
    };
  }
  const attended = wholeWindows(needed, attentionWindow);
  return { input: widened(attended, wideReach), attended, decoded: needed, blocks };
}

/** @param windowPositions positions that one run codes, rounded up to whole blocks */
export function encoderLayout(config: SnacConfig, windowPositions: number): WindowLayout {
  return layoutOf(config, encoderContexts(config).input, windowPositions);
}

/** @param windowPositions positions whose samples one run gives, rounded up to whole blocks */
export function decoderLayout(config: SnacConfig, windowPositions: number): WindowLayout {
  return layoutOf(config, decoderContexts(config).input, windowPositions);
}

/** What of a context goes with the next layer. */
export function surplus(found: Context, wanted: Context): readonly [before: number, after: number] {
  return [found.before - wanted.before, found.after - wanted.after];
}

/** The context of a layout in latent positions. */
export function layoutContext(config: SnacConfig, layout: WindowLayout): Context {
  return {
    before: layout.contextBeforeSamples / config.hopSamples,
    after: layout.contextAfterSamples / config.hopSamples,
  };
}

function layoutOf(config: SnacConfig, context: Context, windowPositions: number): WindowLayout {
  const { hopSamples } = config;
  return windowLayout({
    paddingSamples: blockPositions(config) * hopSamples,
    windowSamples: windowPositions * hopSamples,
    contextBeforeSamples: context.before * hopSamples,
    contextAfterSamples: context.after * hopSamples,
  });
}

function widened({ before, after }: Context, count: number): Context {
  return { before: before + count, after: after + count };
}

function wholeWindows({ before, after }: Context, window: number): Context {
  return { before: Math.ceil(before / window) * window, after: Math.ceil(after / window) * window };
}
