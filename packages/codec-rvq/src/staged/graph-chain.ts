import { GraphBuilder, type GraphTensor } from '@speech-tokens/onnx-graph';
import type { GraphStage } from './staged-session.ts';

/** A part of a network that follows another. */
export interface ChainLink {
  /** The name of what it gives. */
  readonly output: string;
  /** The most frames of one run. */
  readonly framesPerRun: number;
  /** Lays it out. States need names that no other link has. */
  apply(g: GraphBuilder, x: GraphTensor): GraphTensor;
}

/**
 * The parts of a network, each as a graph of its own that takes what the one before it gives.
 * @param name of the network, for errors
 * @param input of the first part
 */
export function graphChain(name: string, input: GraphTensor, links: readonly ChainLink[]): readonly GraphStage[] {
  let given = input;
  return links.map(({ output, framesPerRun, apply }, i) => {
    const g = new GraphBuilder(`${name}, part ${i + 1} of ${links.length}`);
    const result = apply(g, g.input(given.name, given.elementType, given.shape));
    g.output(output, result);
    given = { ...result, name: output };
    return { graph: g.build(), framesPerRun };
  });
}
