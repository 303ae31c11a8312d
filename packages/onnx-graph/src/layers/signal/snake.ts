import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { add, divide, multiply, sin } from '../../ops/elementwise.ts';

/**
 * The Snake activation: x + sin²(αx) / (α + 1e-9), `x [1, channels, samples]`, `alpha [1, channels, 1]`.
 * Sources: Ziyin et al., "Neural Networks Fail to Learn Periodic Functions and How to Fix It";
 * descriptinc/descript-audio-codec, dac/nn/layers.py (the epsilon).
 */
export function snake(g: GraphBuilder, alpha: GraphTensor, x: GraphTensor): GraphTensor {
  const wave = sin(g, multiply(g, x, alpha));
  const scale = divide(g, g.scalar(1), add(g, alpha, g.scalar(1e-9)));
  return add(g, x, multiply(g, multiply(g, wave, wave), scale));
}
