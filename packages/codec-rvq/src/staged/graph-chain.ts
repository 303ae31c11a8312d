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
 * The parts of a network as graphs that each take what the one before gives.
 * @param name of the network, for errors
 * @param input of the first part
 * @param isSplit whether each part is a graph of its own, so that several can be at work at a time. Otherwise neighbours
 * with runs of one length share a graph: one thread runs Mimi's steps a sixth faster so.
 */
export function graphChain(
  name: string,
  input: GraphTensor,
  links: readonly ChainLink[],
  isSplit: boolean,
): readonly GraphStage[] {
  const groups: ChainLink[][] = [];
  for (const [i, link] of links.entries()) {
    if (isSplit || i === 0 || links[i - 1]!.framesPerRun !== link.framesPerRun) groups.push([]);
    groups.at(-1)!.push(link);
  }
  let given = input;
  return groups.map((group, i) => {
    const g = new GraphBuilder(`${name}, part ${i + 1} of ${groups.length}`);
    let result = g.input(given.name, given.elementType, given.shape);
    for (const { apply } of group) result = apply(g, result);
    const { output, framesPerRun } = group.at(-1)!;
    g.output(output, result);
    given = { ...result, name: output };
    return { graph: g.build(), framesPerRun };
  });
}
