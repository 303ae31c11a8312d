import { SpeechTokensError } from '@speech-tokens/core';

/** Questions to the host that are open: who asked them waits for a result. */
export interface ToolCalls {
  /** @returns the id of a new call, and what its caller waits for */
  open(turn: number): { readonly id: string; readonly result: Promise<unknown> };
  /**
   * Ends a call. One that has ended before is left alone: a result may come after its cancellation.
   * @throws SpeechTokensError `argument-invalid` for an id that there never was
   */
  settle(id: string, outcome: { readonly value: unknown } | { readonly error: unknown }): void;
  /** The calls of a turn end with this reason. @returns their ids */
  cancel(turn: number, reason: unknown): readonly string[];
}

interface OpenCall {
  readonly turn: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export function createToolCalls(): ToolCalls {
  const calls = new Map<string, OpenCall>();
  let count = 0;
  return {
    open(turn) {
      count += 1;
      const id = String(count);
      const result = new Promise((resolve, reject) => calls.set(id, { turn, resolve, reject }));
      // A cancellation is no fault where nobody waits.
      result.catch(() => undefined);
      return { id, result };
    },
    settle(id, outcome) {
      const call = calls.get(id);
      calls.delete(id);
      if (call === undefined) {
        if (/^[1-9]\d*$/.test(id) && Number(id) <= count) return;
        throw new SpeechTokensError('argument-invalid', {
          problem: 'No tool was called with this id',
          found: id,
          wanted: 'the id of a toolCall event',
          remedy: 'Give the result with the id of the call',
          details: { argument: 'id' },
        });
      }
      if ('error' in outcome) call.reject(outcome.error);
      else call.resolve(outcome.value);
    },
    cancel(turn, reason) {
      const ids: string[] = [];
      for (const [id, call] of calls) {
        if (call.turn !== turn) continue;
        calls.delete(id);
        call.reject(reason);
        ids.push(id);
      }
      return ids;
    },
  };
}
