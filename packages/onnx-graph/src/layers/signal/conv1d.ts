import { addDims, floorDivideDim } from '../../graph/dim.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { describe, type GraphTensor } from '../../graph/graph-types.ts';

/** Weights of a convolution over time. */
export interface ConvWeights {
  /** `[out, in / groups, kernel]`; of a transposed convolution `[in, out / groups, kernel]`. */
  readonly weight: GraphTensor;
  /** `[out]` */
  readonly bias?: GraphTensor;
}

export interface ConvOptions {
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** Zeros before and after the signal. None by default. */
  readonly padding?: readonly [before: number, after: number];
}

/**
 * A convolution over time: `x [1, in, samples] → [1, out, samples']`, as torch.nn.Conv1d.
 * The value of a sample does not depend on how many are computed with it only where at least 65 are (see
 * decisions/0017): the runtime's blocking of its sums follows the length below that.
 */
export function conv1d(
  g: GraphBuilder,
  { weight, bias }: ConvWeights,
  x: GraphTensor,
  { stride = 1, dilation = 1, groups = 1, padding = [0, 0] }: ConvOptions = {},
): GraphTensor {
  const [out, inPerGroup, kernel] = weight.shape as readonly number[];
  if (x.shape.length !== 3 || x.shape[1] !== inPerGroup! * groups) {
    throw g.error('convolution', describe(x), `[1, ${inPerGroup! * groups}, samples] for weights ${describe(weight)}`);
  }
  const reach = padding[0] + padding[1] - dilation * (kernel! - 1) - 1;
  const steps = floorDivideDim(addDims(x.shape[2]!, reach + stride)!, stride);
  if (steps === undefined) throw g.error('convolution', describe(x), `a length that is a multiple of ${stride}`);
  return g.node(
    'Conv',
    bias === undefined ? [x, weight] : [x, weight, bias],
    { elementType: x.elementType, shape: [1, out!, steps] },
    {
      kernel_shape: [kernel!],
      strides: [stride],
      dilations: [dilation],
      group: groups,
      pads: [...padding],
    },
  );
}
