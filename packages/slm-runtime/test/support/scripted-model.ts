import type { LanguageModelSession, SpeechLanguageModelV0, SpeechPart } from '@speech-tokens/core';

export interface ScriptedModel extends SpeechLanguageModelV0 {
  /** What each session has read, in the order in which they were opened. */
  readonly read: number[][];
  readonly closedCount: () => number;
}

export interface ScriptOptions {
  readonly vocabularySize: number;
  readonly contextSteps?: number;
  readonly streamCount?: number;
  /** How many of them, the last ones, are read alone. */
  readonly inputCount?: number;
  /** Logits of the step after so many rows, for a stream; a step may wait for something. */
  readonly logits: (stepCount: number, stream: number) => Float32Array | Promise<Float32Array>;
}

/** A model whose logits are given. */
export function scriptedModel({
  vocabularySize,
  contextSteps = 1000,
  streamCount = 1,
  inputCount = 0,
  logits,
}: ScriptOptions): ScriptedModel {
  const read: number[][] = [];
  let closed = 0;
  const outputCount = streamCount - inputCount;
  return {
    specificationVersion: 'v0',
    streams: Array.from({ length: streamCount }, (_, k) => ({
      name: `stream ${k}`,
      role: k < outputCount ? 'out' : 'in',
      vocabularySize,
    })),
    contextSteps,
    read,
    closedCount: () => closed,
    async open() {
      const rows: number[] = [];
      read.push(rows);
      const session: LanguageModelSession = {
        get stepCount() {
          return rows.length / streamCount;
        },
        async step(given, choose, { signal } = {}) {
          signal?.throwIfAborted();
          if ((rows.length + given.length) / streamCount > contextSteps) throw new Error('the context is full');
          rows.push(...given);
          const chosen = new Int32Array(streamCount).fill(-1);
          for (let stream = 0; stream < outputCount && choose !== undefined; stream++) {
            chosen[stream] = await choose({ stream }, await logits(session.stepCount, stream));
          }
          return chosen;
        },
        rollback: () => Promise.reject(new Error('not asked for')),
        fork: () => Promise.reject(new Error('not asked for')),
        async close() {
          closed += 1;
        },
      };
      return session;
    },
    async close() {},
  };
}

/** Logits with which one id is all but certain. */
export function peakAt(id: number, vocabularySize: number): Float32Array {
  const logits = new Float32Array(vocabularySize);
  logits[id] = 100;
  return logits;
}

/** Logits that say one id after the other, once a prompt of so many steps has been read. */
export function script(ids: readonly number[], promptSteps: number, vocabularySize: number): ScriptOptions['logits'] {
  return (stepCount) => peakAt(ids[stepCount - promptSteps]!, vocabularySize);
}

export async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Codes of all grids, one list for each codebook. */
export function codesOf(parts: readonly SpeechPart[]): number[][] {
  const grids = parts.flatMap((part) => (part.kind === 'grid' ? [part.grid] : []));
  return (grids[0]?.tracks ?? []).map((_, k) => grids.flatMap(({ tracks }) => [...tracks[k]!.ids]));
}
