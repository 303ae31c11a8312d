import { cropCutSides, type Dim, type GraphBuilder, type GraphTensor } from '@speech-tokens/onnx-graph';
import { type Context, surplus } from './contexts.ts';

/** A signal `[1, channels, samples]` of a window, and how much of it lies beside the core where the window is cut. */
export interface WindowSignal {
  readonly signal: GraphTensor;
  readonly context: Context;
}

/** The signal with just the context that the next layers need; its length is then called `length`. */
export function cropped(
  g: GraphBuilder,
  { signal, context }: WindowSignal,
  cut: GraphTensor,
  wanted: Context,
  length: Dim,
): GraphTensor {
  const kept = cropCutSides(g, signal, cut, surplus(context, wanted));
  return { ...kept, shape: [1, signal.shape[1]!, length] };
}
