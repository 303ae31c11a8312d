import { isCount, type PlainData, SpeechTokensError } from '@speech-tokens/core';
import { invalidState } from '../invalid-state.ts';

/** Says which streams of a model take their turn at each step. A loop asks `next`, steps the model, and tells what came. */
export interface Schedule {
  /** Names of the streams that emit at this step; none where all have ended. The same until `advance`. */
  next(): readonly string[];
  /**
   * The step is done.
   * @param ids what each stream emitted or was given, by its name
   */
  advance(ids?: { readonly [stream: string]: number }): void;
  /** Where the schedule stands. */
  saveState(): PlainData;
}

interface Restorable {
  /** Continues where `saveState` was called. */
  readonly state?: PlainData;
}

/** All streams at every step, for ever (Moshi, CSM, MusicGen, Kimi-Audio). */
export function parallelSchedule(streams: readonly string[]): Schedule {
  return { next: () => streams, advance: () => undefined, saveState: () => null };
}

/** So many steps of one stream. */
export interface Turn {
  readonly stream: string;
  /** At least 1. */
  readonly steps: number;
  /** Ids after which the stream has no more turns: those of the others follow each other. */
  readonly endIds?: readonly number[];
}

/**
 * Turns in a fixed ratio: 13 of text and 26 of audio (GLM-4-Voice), 2 and 3 (Step-Audio's codebooks), windows of 5 ids of
 * text that are given and 6 frames of speech that are made (VibeVoice), 5 and 15 (CosyVoice 2). A stream that ended is
 * passed over, in mid-turn too, so the speech goes on when the text is done.
 * @throws SpeechTokensError `argument-invalid`, `session-state-invalid`
 */
export function ratioSchedule(turns: readonly Turn[], { state }: Restorable = {}): Schedule {
  const names = new Set(turns.map(({ stream }) => stream));
  if (turns.length === 0 || names.size < turns.length || turns.some(({ steps }) => !isCount(steps) || steps < 1)) {
    const found = turns.map(({ stream, steps }) => `${steps} of ${stream}`).join(', ') || 'none';
    throw invalidSchedule('The turns are not a ratio', found, 'at least 1 step of each stream, each once');
  }
  let turn = 0;
  let stepsDone = 0;
  let ended = turns.map(() => false);
  if (state !== undefined) {
    const saved = (state ?? {}) as Record<string, PlainData>;
    const marks = saved['ended'];
    const areMarks =
      Array.isArray(marks) && marks.length === turns.length && marks.every((mark) => typeof mark === 'boolean');
    if (!isCount(saved['turn']) || !isCount(saved['stepsDone']) || !areMarks || saved['turn'] >= turns.length) {
      throw invalidState('a ratio');
    }
    turn = saved['turn'];
    stepsDone = saved['stepsDone'];
    ended = [...marks] as boolean[];
  }
  const current = (): Turn => turns[turn] as Turn;
  return {
    next: () => (ended[turn] ? [] : [current().stream]),
    advance(ids = {}) {
      if (ended[turn]) return;
      stepsDone += 1;
      const id = ids[current().stream];
      if (id !== undefined && current().endIds?.includes(id)) ended[turn] = true;
      if (stepsDone < current().steps && !ended[turn]) return;
      stepsDone = 0;
      for (let passed = 0; passed < turns.length; passed++) {
        turn = (turn + 1) % turns.length;
        if (!ended[turn]) return;
      }
    },
    saveState: () => ({ turn, stepsDone, ended: [...ended] }),
  };
}

/** A mode of a model that switches by itself. */
export interface Mode {
  readonly streams: readonly string[];
  /** From which ids, of any stream of the mode, which other mode begins: at the step after. */
  readonly switches?: readonly { readonly ids: readonly number[]; readonly to: string }[];
}

/**
 * Modes that the model switches by its own tokens (Step-Audio 2's `<tts_start>`, SpeechGPT-2.0's `<|sosp|>`). A mode
 * without streams is the end.
 * @throws SpeechTokensError `argument-invalid`, `session-state-invalid`
 */
export function modelSchedule(
  modes: { readonly [name: string]: Mode },
  options: Restorable & { readonly first: string },
): Schedule {
  const { state } = options;
  const isMode = (name: unknown): name is string => typeof name === 'string' && Object.hasOwn(modes, name);
  const wanted = [options.first, ...Object.values(modes).flatMap(({ switches = [] }) => switches.map(({ to }) => to))];
  const missing = wanted.find((name) => !isMode(name));
  if (missing !== undefined) throw invalidSchedule('A mode is not there', missing, Object.keys(modes).join(', '));
  if (state !== undefined && !isMode(state)) throw invalidState('these modes');
  let mode = isMode(state) ? state : options.first;
  const current = (): Mode => modes[mode] as Mode;
  return {
    next: () => current().streams,
    advance(ids = {}) {
      const emitted = current().streams.map((stream) => ids[stream]);
      const found = current().switches?.find((entry) => entry.ids.some((id) => emitted.includes(id)));
      if (found !== undefined) mode = found.to;
    },
    saveState: () => mode,
  };
}

/** A schedule that the host holds in its hand. */
export interface HostSchedule extends Schedule {
  /** These streams emit from now on, until told otherwise; none lets the loop wait. */
  give(streams: readonly string[]): void;
}

/**
 * Streams that the host names (Kyutai's delayed streams, a turn-based model behind voice activity detection); none at
 * first.
 */
export function hostSchedule({ state }: Restorable = {}): HostSchedule {
  const areNames = Array.isArray(state) && state.every((name) => typeof name === 'string');
  if (state !== undefined && !areNames) throw invalidState('streams that a host named');
  let given: readonly string[] = areNames ? (state as readonly string[]) : [];
  return {
    next: () => given,
    advance: () => undefined,
    give(streams) {
      given = [...streams];
    },
    saveState: () => [...given],
  };
}

function invalidSchedule(problem: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  const remedy = "Take the schedule from the model's own loop";
  return new SpeechTokensError('argument-invalid', {
    problem,
    found,
    wanted,
    remedy,
    details: { argument: 'schedule' },
  });
}
