import type { EngineGraph, EngineOptions, GraphResults, GraphRun } from '../graph-engine.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly graph: EngineGraph;
  readonly options: EngineOptions;
}

/** To the thread. Runs happen in the order in which they were sent. */
export type ThreadRequest = { readonly kind: 'run'; readonly run: GraphRun } | { readonly kind: 'release' };

/** From the thread: first of all whether the graph is loaded, then one answer to each request, in order. */
export type ThreadAnswer = { readonly results: GraphResults } | { readonly error: string };
