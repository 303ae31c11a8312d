import { type GraphBuilder, type GraphTensor, multiply, sigmoid, slice } from '@speech-tokens/onnx-graph';

/** The values of a feed-forward part, let through by its gate. Source: Shazeer, "GLU Variants Improve Transformer", 2020 (SwiGLU). */
export function gated(g: GraphBuilder, gate: GraphTensor, value: GraphTensor): GraphTensor {
  return multiply(g, multiply(g, gate, sigmoid(g, gate)), value);
}

/** The same of one matrix's product `[rows, 2 · width]`: the gate, then the values. */
export function jointlyGated(g: GraphBuilder, joint: GraphTensor, width: number): GraphTensor {
  return gated(g, slice(g, joint, 1, 0, width), slice(g, joint, 1, width, 2 * width));
}
