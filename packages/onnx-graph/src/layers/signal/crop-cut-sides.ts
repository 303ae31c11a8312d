import type { Dim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import type { GraphTensor } from '../../graph/graph-types.ts';
import { slice } from '../../ops/shape.ts';

/**
 * Leaves out samples at the sides where a window is cut out of a recording: `x [1, channels, samples]` without its first
 * `before` samples where `cut[0]` is 1, and without its last `after` where `cut[1]` is. They are context that no later
 * layer needs.
 * @param cut `int32 [2]`: 1 where the window starts (ends) inside of the recording, 0 where the recording does
 */
export function cropCutSides(
  g: GraphBuilder,
  x: GraphTensor,
  cut: GraphTensor,
  [before, after]: readonly [before: number, after: number],
): GraphTensor {
  if (before === 0 && after === 0) return x;
  const integers = (operator: string, inputs: readonly GraphTensor[], attributes = {}): GraphTensor =>
    g.node(operator, inputs, { elementType: 'int64', shape: [1] }, attributes);
  const dropped = (side: 0 | 1, samples: number): GraphTensor => {
    const flag = g.node('Cast', [slice(g, cut, 0, side, side + 1)], { elementType: 'int64', shape: [1] }, { to: 7 });
    return integers('Mul', [flag, g.int64s([samples])]);
  };
  const end = integers('Sub', [integers('Shape', [x], { start: 2, end: 3 }), dropped(1, after)]);
  const kept: Dim = { symbol: `${g.path()}/kept`, times: 1, plus: 0 };
  return g.node('Slice', [x, dropped(0, before), end, g.int64s([2])], {
    elementType: x.elementType,
    shape: [1, x.shape[1]!, kept],
  });
}
