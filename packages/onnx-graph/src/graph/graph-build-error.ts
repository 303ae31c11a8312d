/**
 * A graph that cannot be: parts whose shapes do not fit. It tells of a fault in the code that builds the graph;
 * faults of a checkpoint are found before, when its tensors are looked up, and are typed errors.
 */
export class GraphBuildError extends Error {
  override readonly name = 'GraphBuildError';
}
