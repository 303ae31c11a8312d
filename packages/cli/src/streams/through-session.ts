import type { StreamSession } from '@speech-tokens/core';

export interface StreamOptions {
  /** All of the tokenizer's, or of the grid's, by default. */
  readonly codebookCount: number | undefined;
  readonly signal: AbortSignal;
  /** Called with the time that the model took for each piece. */
  readonly onWork?: (milliseconds: number) => void;
}

/** What a session gives for a stream of inputs. It is closed at the end, however that comes. */
export async function* throughSession<In, Out>(
  session: StreamSession<In, Out>,
  inputs: AsyncIterable<In>,
  { signal, onWork }: StreamOptions,
): AsyncGenerator<Out> {
  try {
    for await (const input of inputs) yield* await timed(session.push(input, { signal }), onWork);
    yield* await timed(session.flush({ signal }), onWork);
  } finally {
    await session.close();
  }
}

/** The result of a call, with its time reported. */
export async function timed<Result>(work: Promise<Result>, onWork: StreamOptions['onWork']): Promise<Result> {
  const startMs = performance.now();
  const result = await work;
  onWork?.(performance.now() - startMs);
  return result;
}

export async function gather<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The settings of a call or a session that uses so many codebooks. */
export function codebookSettings({ codebookCount }: StreamOptions): { readonly codebookCount?: number } {
  return codebookCount === undefined ? {} : { codebookCount };
}
