import type { DuplexSession, SpeechDuplex, SpeechPart, TokenGrid } from '@speech-tokens/core';
import { framesOf, scriptedSpace } from './scripted-codec.ts';

export interface ScriptedDuplex extends SpeechDuplex {
  /** Codes that were heard, of all steps that were made. */
  readonly heard: number[];
  isOpen: boolean;
  /** Runs at the start of each step; a test waits or throws there. */
  beforeStep: (step: number, signal: AbortSignal | undefined) => void | Promise<void>;
}

/** A model that answers what it heard a step before, plus one for each step, and says a word at every third step. */
export function scriptedDuplex(): ScriptedDuplex {
  const model: ScriptedDuplex = {
    codec: { id: 'test:scripted', codebookCount: 1 },
    heard: [],
    isOpen: false,
    beforeStep: () => undefined,
    async open({ codecSpace }): Promise<DuplexSession> {
      if (codecSpace !== scriptedSpace) throw new Error('another codec');
      model.isOpen = true;
      return {
        async step(grid, { signal } = {}) {
          await model.beforeStep(model.heard.length, signal);
          signal?.throwIfAborted();
          model.heard.push(grid.tracks[0]!.ids[0]!);
          return partsOf(model.heard);
        },
        async close() {
          model.isOpen = false;
        },
      };
    },
  };
  return model;
}

/** What it says in the last of these steps. */
export function partsOf(heard: readonly number[]): readonly SpeechPart[] {
  const step = heard.length - 1;
  const parts: SpeechPart[] = [];
  if (step > 0) parts.push({ kind: 'grid', grid: gridAt(step - 1, heard[step - 1]! + step) });
  if (step % 3 === 2) parts.push({ kind: 'text', text: `word ${step}` });
  return parts;
}

const gridAt = (step: number, code: number): TokenGrid => framesOf([code], step * 10);
