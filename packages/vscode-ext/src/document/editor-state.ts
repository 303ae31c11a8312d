import type { FrequencyScale, ViewState } from '@speech-tokens/token-view';
import { frequencyScales } from '@speech-tokens/token-view';
import { recordingSound, type SoundChoice, tokenizerOf } from './sound-choice.ts';

/** As many tokenizers stand side by side. */
export const mostTokenizers = 4;

export const speeds = [0.5, 0.75, 1, 1.5, 2] as const;

/** What a user has set in one editor. Plain data, kept over a reload. */
export interface EditorState {
  /** Ids, each once, in the order of the lanes. */
  readonly tokenizers: readonly string[];
  /** How many codebooks are decoded, coarse first; all of them where absent. */
  readonly codebookCount: number | undefined;
  readonly sound: SoundChoice;
  readonly speed: number;
  readonly isLooped: boolean;
  /** Whether decoded sounds are played as loud as the recording. */
  readonly isLevelMatched: boolean;
  /** Whether the recording minus what was decoded is shown. */
  readonly showsDifference: boolean;
  /** Whether a playhead that is dragged is heard. */
  readonly isScrubHeard: boolean;
  readonly frequencyScale: FrequencyScale;
  /** Absent before the first look. */
  readonly view: ViewState | undefined;
}

export function initialState(tokenizers: readonly string[]): EditorState {
  return {
    tokenizers: distinct(tokenizers),
    codebookCount: undefined,
    sound: recordingSound,
    speed: 1,
    isLooped: true,
    isLevelMatched: false,
    showsDifference: false,
    isScrubHeard: true,
    frequencyScale: 'mel',
    view: undefined,
  };
}

/** What was kept, as far as it makes sense; the rest as in `fallback`. */
export function restoredState(kept: unknown, fallback: EditorState): EditorState {
  if (typeof kept !== 'object' || kept === null) return fallback;
  const found = kept as { readonly [Key in keyof EditorState]?: unknown };
  const { tokenizers, codebookCount, sound, speed, frequencyScale, view } = found;
  const flag = (name: 'isLooped' | 'isLevelMatched' | 'showsDifference' | 'isScrubHeard'): boolean => {
    const value = found[name];
    return typeof value === 'boolean' ? value : fallback[name];
  };
  const isIds = Array.isArray(tokenizers) && tokenizers.every((id) => typeof id === 'string');
  return {
    tokenizers: isIds ? distinct(tokenizers as string[]) : fallback.tokenizers,
    codebookCount: isCount(codebookCount) ? codebookCount : fallback.codebookCount,
    sound: typeof sound === 'string' ? sound : fallback.sound,
    speed: speeds.find((known) => known === speed) ?? fallback.speed,
    isLooped: flag('isLooped'),
    isLevelMatched: flag('isLevelMatched'),
    showsDifference: flag('showsDifference'),
    isScrubHeard: flag('isScrubHeard'),
    frequencyScale: frequencyScales.find((scale) => scale === frequencyScale) ?? fallback.frequencyScale,
    view: isView(view) ? view : fallback.view,
  };
}

/** Adds a tokenizer, or takes it away. One stays, and no more than `mostTokenizers` come. */
export function toggledTokenizer(state: EditorState, id: string): EditorState {
  const has = state.tokenizers.includes(id);
  if (has ? state.tokenizers.length === 1 : state.tokenizers.length >= mostTokenizers) return state;
  const tokenizers = has ? state.tokenizers.filter((other) => other !== id) : [...state.tokenizers, id];
  return { ...state, tokenizers, sound: has && tokenizerOf(state.sound) === id ? recordingSound : state.sound };
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].slice(0, mostTokenizers);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1;
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

/**
 * Where to look when a file has another length than before: at the same place, or, where all of it was in view, at all of it.
 * What is marked in lanes is let go.
 */
export function viewAfterChange(
  view: ViewState | undefined,
  before: { readonly sampleCount: number; readonly sampleRateHz: number },
  after: { readonly sampleCount: number; readonly sampleRateHz: number },
): ViewState | undefined {
  if (view === undefined || before.sampleRateHz !== after.sampleRateHz) return undefined;
  const { range, selection, playheadSample } = view;
  const wasWhole = range.startSample <= 0 && range.endSample >= before.sampleCount;
  const isThere = selection !== undefined && selection.endSample <= after.sampleCount;
  return {
    range: wasWhole ? { startSample: 0, endSample: Math.max(1, after.sampleCount) } : range,
    playheadSample: Math.min(playheadSample, after.sampleCount),
    selection: isThere ? selection : undefined,
    cursor: undefined,
    marked: undefined,
  };
}

/** As many of some tokens' codebooks as are decoded: the wanted ones, where a part of them can be decoded at all. */
export function decodedCodebooks(
  { codebookCount: wanted }: Pick<EditorState, 'codebookCount'>,
  { codebookCount, prefixDecodable }: { readonly codebookCount: number; readonly prefixDecodable: boolean },
): number {
  return prefixDecodable ? Math.min(wanted ?? codebookCount, codebookCount) : codebookCount;
}
