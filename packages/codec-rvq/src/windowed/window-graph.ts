import type { BuiltGraph, TensorInput, TensorValues } from '@speech-tokens/onnx-graph';
import type { GraphReplicas } from '../parallel/graph-replicas.ts';
import type { Window } from './window-layout.ts';

/**
 * A graph that computes windows. Each of its layers pads with zeros as the authors' do, so that a window that starts or
 * ends with the recording gives just what the whole recording gives there.
 *
 * It may have the input `cut int32 [2]`: 1 where the window is cut out of the recording before (after) its core, and 0
 * where the recording starts (ends) with it. On a side that is cut its outputs then lack the context: they start (end)
 * with the core. So its layers can leave out the context as soon as no later layer needs it. Without that input, outputs
 * cover the whole window.
 */
export interface WindowGraph {
  readonly replicas: GraphReplicas;
  readonly takesCut: boolean;
}

export function takesCut(graph: BuiltGraph): boolean {
  return graph.inputs.some(({ name }) => name === 'cut');
}

/** The outputs of one window, and the sample at which they start. */
export interface WindowResult {
  readonly outputs: Readonly<Record<string, TensorValues>>;
  readonly firstSample: number;
}

/** @throws SpeechTokensError `inference-failed`, `session-closed` */
export async function runWindow(
  { replicas, takesCut }: WindowGraph,
  window: Window,
  inputs: Readonly<Record<string, TensorInput>>,
): Promise<WindowResult> {
  const { cutBefore, cutAfter } = window;
  const cut = { values: Int32Array.of(Number(cutBefore), Number(cutAfter)), shape: [2] };
  const outputs = await replicas.run(takesCut ? { ...inputs, cut } : inputs);
  return { outputs, firstSample: takesCut && cutBefore ? window.coreStartSample : window.startSample };
}
