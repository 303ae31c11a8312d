import type { LaneGroup, PeakPyramid, Sound, Spectrogram, ViewContent, ViewState } from '@speech-tokens/token-view';
import { createTokenView, type TokenView, type ViewEvents } from '@speech-tokens/token-view/browser';
import type { DocumentFacts, EditorState } from '../document/index.ts';
import type { Tiles } from './tiles.ts';

/** What there is to see so far. */
export interface PictureData {
  readonly facts: DocumentFacts;
  readonly peaks: PeakPyramid | undefined;
  readonly spectrogram: Spectrogram | undefined;
  readonly groups: readonly LaneGroup[];
  /** The recording, where it is held as a whole. */
  readonly recording: Sound | undefined;
  /** What is closer than the pictures of the whole recording; absent where there is none. */
  readonly tiles: Tiles | undefined;
}

/** The view of a page, which is made anew as its content comes. */
export interface Picture {
  readonly data: PictureData;
  readonly content: ViewContent;
  readonly view: TokenView;
}

/** Puts a new view in the place of the one before, with the same range, selection and focus; not where it would be the same. */
export function showPicture(
  place: HTMLElement,
  before: Picture | undefined,
  data: PictureData,
  { view: kept, frequencyScale }: Pick<EditorState, 'view' | 'frequencyScale'>,
  events: ViewEvents,
): Picture {
  if (before !== undefined && isSame(before.data, data)) return before;
  const { facts, peaks, spectrogram, groups, recording, tiles } = data;
  const content: ViewContent = {
    sampleRateHz: facts.sampleRateHz,
    sampleCount: facts.sampleCount,
    groups,
    ...(peaks === undefined ? {} : { peaks }),
    ...(spectrogram === undefined ? {} : { spectrogram }),
    ...tiles,
    ...(recording === undefined
      ? {}
      : { samplesIn: (start, end) => recording.channels.map((samples) => samples.subarray(start, end)) }),
  };
  const focused = before?.view.element.contains(document.activeElement) ? document.activeElement : null;
  before?.view.remove();
  let isReady = false;
  const view = createTokenView(place, content, { ...events, onChange: (state) => isReady && events.onChange?.(state) });
  view.setFrequencyScale(frequencyScale);
  if (kept !== undefined) view.update(fitting(kept, groups));
  isReady = true;
  if (focused !== null) focusLike(view.element, focused);
  return { data, content, view };
}

/** Lanes that grow are the same, and so is what is written anew about the same tokens. */
function isSame({ groups: before, ...restBefore }: PictureData, { groups: after, ...rest }: PictureData): boolean {
  const isEqual = (one: LaneGroup, other: LaneGroup | undefined): boolean =>
    one.title === other?.title &&
    one.about === other.about &&
    one.lanes === other.lanes &&
    one.muting?.firstMuted === other.muting?.firstMuted &&
    one.muting?.whyNot === other.muting?.whyNot &&
    one.waveform?.peaks === other.waveform?.peaks;
  return (
    before.length === after.length &&
    before.every((group, i) => isEqual(group, after[i])) &&
    (Object.keys(rest) as (keyof typeof rest)[]).every((key) => rest[key] === restBefore[key])
  );
}

/** Without a cursor or a mark in lanes that are not there (yet). */
function fitting({ cursor, marked, ...state }: ViewState, groups: readonly LaneGroup[]): ViewState {
  const idsAt = (place: { readonly group: number; readonly lane: number } | undefined) =>
    place === undefined ? undefined : groups[place.group]?.lanes[place.lane]?.ids;
  return {
    ...state,
    selection: state.selection,
    cursor: cursor !== undefined && cursor.index < (idsAt(cursor)?.length ?? 0) ? cursor : undefined,
    marked: idsAt(marked) === undefined ? undefined : marked,
  };
}

/** Gives the focus to the button of the same name, or else to the cell that takes it. */
function focusLike(view: HTMLElement, focused: Element): void {
  const name = focused instanceof HTMLButtonElement ? focused.ariaLabel : null;
  const button = [...view.querySelectorAll('button')].find(({ ariaLabel }) => name !== null && ariaLabel === name);
  (button ?? view.querySelector<HTMLElement>('.token-view-track[tabindex="0"]'))?.focus();
}
