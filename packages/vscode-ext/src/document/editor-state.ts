import type { FrequencyScale, ViewState } from '@speech-tokens/token-view';
import { frequencyScales } from '@speech-tokens/token-view';

/** As many tokenizers stand side by side. */
export const mostTokenizers = 4;

export const speeds = [0.5, 0.75, 1, 1.5, 2] as const;

/** Which sound is heard: the recording, or what a tokenizer's tokens say. By the place of the tokenizer. */
export type SoundChoice = 'recording' | number;

/** What a user has set in one editor. Plain data, kept over a reload. */
export interface EditorState {
  /** Ids, each once, in the order of the lanes. */
  readonly tokenizers: readonly string[];
  /** How many codebooks are decoded, coarse first; all of them where absent. */
  readonly codebookCount: number | undefined;
  readonly sound: SoundChoice;
  readonly speed: number;
  readonly isLooped: boolean;
  readonly frequencyScale: FrequencyScale;
  /** Absent before the first look. */
  readonly view: ViewState | undefined;
}

export function initialState(tokenizers: readonly string[]): EditorState {
  return {
    tokenizers: distinct(tokenizers),
    codebookCount: undefined,
    sound: 'recording',
    speed: 1,
    isLooped: true,
    frequencyScale: 'mel',
    view: undefined,
  };
}

/** What was kept, as far as it makes sense; the rest as in `fallback`. */
export function restoredState(kept: unknown, fallback: EditorState): EditorState {
  if (typeof kept !== 'object' || kept === null) return fallback;
  const { tokenizers, codebookCount, sound, speed, isLooped, frequencyScale, view } = kept as {
    readonly [Key in keyof EditorState]?: unknown;
  };
  const isIds = Array.isArray(tokenizers) && tokenizers.every((id) => typeof id === 'string');
  return {
    tokenizers: isIds ? distinct(tokenizers as string[]) : fallback.tokenizers,
    codebookCount: isCount(codebookCount) ? codebookCount : fallback.codebookCount,
    sound: sound === 'recording' || isPlace(sound) ? sound : fallback.sound,
    speed: speeds.find((known) => known === speed) ?? fallback.speed,
    isLooped: typeof isLooped === 'boolean' ? isLooped : fallback.isLooped,
    frequencyScale: frequencyScales.find((scale) => scale === frequencyScale) ?? fallback.frequencyScale,
    view: isView(view) ? view : fallback.view,
  };
}

/** Adds a tokenizer, or takes it away. One stays, and no more than `mostTokenizers` come. */
export function toggledTokenizer(state: EditorState, id: string): EditorState {
  const has = state.tokenizers.includes(id);
  if (has ? state.tokenizers.length === 1 : state.tokenizers.length >= mostTokenizers) return state;
  const tokenizers = has ? state.tokenizers.filter((other) => other !== id) : [...state.tokenizers, id];
  // Places have moved, so what a place meant may be gone.
  return { ...state, tokenizers, sound: has ? 'recording' : state.sound };
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].slice(0, mostTokenizers);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1;
}

function isPlace(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < mostTokenizers;
}

function isView(value: unknown): value is ViewState {
  if (typeof value !== 'object' || value === null) return false;
  const { range, playheadSample, selection } = value as { readonly [Key in keyof ViewState]?: unknown };
  return isRange(range) && Number.isFinite(playheadSample) && (selection === undefined || isRange(selection));
}

function isRange(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { startSample, endSample } = value as { readonly startSample?: unknown; readonly endSample?: unknown };
  return Number.isFinite(startSample) && Number.isFinite(endSample) && (startSample as number) <= (endSample as number);
}
