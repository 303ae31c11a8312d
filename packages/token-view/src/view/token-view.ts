import { drawAxis } from '../draw/draw-axis.ts';
import { drawLane } from '../draw/draw-lane.ts';
import { drawSpectrograms } from '../draw/draw-spectrogram.ts';
import { sampleOf } from '../draw/surface.ts';
import { tokenStart } from '../lanes/lane.ts';
import type { FrequencyScale } from '../spectrogram/frequency-scale.ts';
import {
  lengthOf,
  movedRange,
  rangeShowing,
  type TimeLimits,
  type TimeRange,
  zoomedRange,
} from '../time/time-range.ts';
import { followKeys } from './keys.ts';
import { createMuteButton } from './mute-button.ts';
import { followPointer } from './pointer.ts';
import { createSpectrogramDetail } from './spectrogram-detail.ts';
import { themeOf } from './theme.ts';
import { appendHeading, appendTrack, type Track } from './track.ts';
import type { ViewContent } from './view-content.ts';
import { describeToken, type TokenPlace, type ViewState } from './view-state.ts';
import { fullHeightOf, loudnessText, waveformPainter } from './waveform-track.ts';

export interface ViewEvents {
  /** After every change that is not `setPlayhead`'s. */
  onChange?(state: ViewState): void;
  /** The user put the playhead somewhere. */
  onSeek?(sample: number): void;
  /** Space was pressed. */
  onPlay?(): void;
  /** While the playhead is dragged or stepped: `onSeek` where this is absent. */
  onScrub?(sample: number): void;
  /** The button of a lane was pressed, or M with the cursor in it. */
  onMute?(place: { readonly group: number; readonly lane: number }): void;
}

/** A view in a page. */
export interface TokenView {
  readonly element: HTMLElement;
  state(): ViewState;
  /** Changes some of it; what lies outside of the recording is moved into it. */
  update(change: Partial<ViewState>): void;
  /** Moves the playhead while sound plays. @param follow whether the range goes with it */
  setPlayhead(sample: number, follow: boolean): void;
  setFrequencyScale(scale: FrequencyScale): void;
  /** Draws again, for example after a change of theme. */
  redraw(): void;
  remove(): void;
}

/** Milliseconds: closer, a view has nothing more to show. */
const leastMilliseconds = 4;

/**
 * Puts a view into an element: axis, waveform, spectrogram and lanes on one time axis. It is a grid to a screen reader:
 * each lane is a row whose cell says the token under the cursor; all can be done with keys, see `keyHelp`. The page has
 * `tokenViewCss` in a style sheet.
 */
export function createTokenView(parent: HTMLElement, content: ViewContent, events: ViewEvents = {}): TokenView {
  const { sampleRateHz, sampleCount, groups } = content;
  const limits: TimeLimits = { sampleCount, leastSamples: (sampleRateHz * leastMilliseconds) / 1000 };
  const element = parent.appendChild(document.createElement('div'));
  element.className = 'token-view';
  const grid = element.appendChild(document.createElement('div'));
  grid.className = 'token-view-rows';
  grid.setAttribute('role', 'grid');
  grid.setAttribute('aria-label', 'Speech tokens over time');
  let state: ViewState = {
    range: { startSample: 0, endSample: Math.max(1, sampleCount) },
    playheadSample: 0,
    selection: undefined,
    cursor: undefined,
    marked: undefined,
  };
  let frequencyScale: FrequencyScale = 'mel';
  const tracks: Track[] = [];
  const lanes: { readonly place: Omit<TokenPlace, 'index'>; readonly track: Track }[] = [];

  const { peaks, spectrogram } = content;
  const detail = createSpectrogramDetail(content, () => redraw());
  tracks.push(
    appendTrack(grid, { label: 'time', heightPixels: 20, paint: (surface) => drawAxis(surface, sampleRateHz) }),
  );
  tracks[0]!.element.classList.add('token-view-axis');
  const fullHeight = peaks === undefined ? 1 : fullHeightOf(peaks);
  if (peaks !== undefined) {
    const label = `waveform, ${loudnessText(peaks)}`;
    tracks.push(
      appendTrack(grid, { label, heightPixels: 72, paint: waveformPainter({ ...content, peaks }, fullHeight) }),
    );
  }
  if (spectrogram !== undefined) {
    const paint: Parameters<typeof appendTrack>[1]['paint'] = (surface) => {
      const columns = Math.max(1, Math.round(surface.width));
      const closer = content.spectrogramsIn?.(surface.range, columns);
      const parts =
        closer === undefined ? [detail.best(surface.range, columns) ?? spectrogram] : [spectrogram, ...closer];
      drawSpectrograms(surface, parts, frequencyScale);
    };
    tracks.push(appendTrack(grid, { label: 'spectrogram', heightPixels: 120, paint }));
  }
  for (const [group, { title, about, lanes: ofGroup, waveform, muting }] of groups.entries()) {
    appendHeading(grid, title, about);
    if (waveform !== undefined) {
      const paint = waveformPainter(waveform, fullHeight);
      tracks.push(appendTrack(grid, { label: waveform.label, heightPixels: 48, paint }));
    }
    for (const [lane, data] of ofGroup.entries()) {
      const place = { group, lane };
      const button = muting && createMuteButton(`${data.name} of ${title}`, lane, muting, () => events.onMute?.(place));
      const track = appendTrack(grid, {
        label: data.name,
        ...(button === undefined ? {} : { button }),
        heightPixels: ofGroup.length > 12 ? 14 : 20,
        paint: (surface) =>
          drawLane(
            surface,
            data,
            { index: lane, count: ofGroup.length },
            {
              markedId: isAt(state.marked, place) ? state.marked!.id : undefined,
              cursor: isAt(state.cursor, place) ? state.cursor!.index : undefined,
            },
          ),
      });
      track.element.classList.toggle('token-view-muted', muting !== undefined && lane >= muting.firstMuted);
      tracks.push(track);
      lanes.push({ place, track });
    }
  }
  const status = element.appendChild(document.createElement('div'));
  status.className = 'token-view-status';
  status.setAttribute('role', 'status');
  status.setAttribute('aria-live', 'polite');

  let isScheduled = false;
  const redraw = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      const moment = { ...state, theme: themeOf(element) };
      for (const track of tracks) track.draw(moment);
    });
  };
  const showCursor = (): void => {
    const { cursor } = state;
    for (const { place, track } of lanes) {
      const has = isAt(cursor, place);
      const { name } = groups[place.group]!.lanes[place.lane]!;
      track.element.setAttribute('aria-label', has ? describeToken(groups, cursor!, sampleRateHz) : name);
      // Roving: one cell takes the focus by Tab, and arrows move it from there.
      const takesFocus = cursor === undefined ? track === lanes[0]!.track : has;
      track.element.tabIndex = takesFocus ? 0 : -1;
      if (track.button !== undefined) track.button.tabIndex = track.element.tabIndex;
    }
    status.textContent = cursor === undefined ? '' : describeToken(groups, cursor, sampleRateHz);
  };
  const update = (change: Partial<ViewState>): void => {
    const before = state;
    state = { ...state, ...change };
    state = {
      ...state,
      range: movedRange(state.range, 0, limits),
      playheadSample: Math.max(0, Math.min(sampleCount, state.playheadSample)),
    };
    if (state.cursor !== before.cursor) {
      showCursor();
      const isFocused = element.contains(document.activeElement);
      const focused = lanes.find(({ place }) => isAt(state.cursor, place));
      if (isFocused) focused?.track.element.focus({ preventScroll: false });
    }
    redraw();
    events.onChange?.(state);
  };
  const view: TokenView = {
    element,
    state: () => state,
    update,
    setPlayhead(sample, follow) {
      state = { ...state, playheadSample: sample };
      if (follow) state = { ...state, range: rangeShowing(state.range, sample, limits) };
      redraw();
    },
    setFrequencyScale(scale) {
      frequencyScale = scale;
      redraw();
    },
    redraw,
    remove() {
      observer.disconnect();
      detail.close();
      element.remove();
    },
  };
  const actions: ViewActions = {
    content,
    state: () => state,
    update,
    seek(sample) {
      update({ playheadSample: sample });
      events.onSeek?.(state.playheadSample);
    },
    play: () => events.onPlay?.(),
    scrub(sample, follow) {
      update({ playheadSample: sample, range: follow ? rangeShowing(state.range, sample, limits) : state.range });
      (events.onScrub ?? events.onSeek)?.(state.playheadSample);
    },
    mute({ group, lane }) {
      const { muting } = groups[group]!;
      if (muting !== undefined && muting.whyNot === undefined && lane > 0) events.onMute?.({ group, lane });
    },
    isAxis: (target) => tracks[0]!.element.contains(target),
    zoom: (factor, anchor) => update({ range: zoomedRange(state.range, factor, anchor, limits) }),
    move: (bySamples) => update({ range: movedRange(state.range, bySamples, limits) }),
    putCursor(cursor) {
      if (cursor === undefined) return;
      const lane = groups[cursor.group]!.lanes[cursor.lane]!;
      const start = tokenStart(lane, cursor.index);
      update({ cursor, range: rangeShowing(state.range, start, limits) });
    },
    sampleAt: (clientX) => {
      const { left, width } = tracks[0]!.element.getBoundingClientRect();
      const sample = sampleOf({ range: state.range, width }, clientX - left);
      return Math.max(0, Math.min(sampleCount, sample));
    },
    laneOf: (target) => lanes.find(({ track }) => track.element.contains(target))?.place,
    pixelSamples: () => lengthOf(state.range) / Math.max(1, tracks[0]!.element.clientWidth),
  };
  followPointer(element, actions, status);
  followKeys(element, actions);
  const observer = new ResizeObserver(redraw);
  observer.observe(element);
  showCursor();
  redraw();
  return view;
}

/** What pointer and keys do to a view. */
export interface ViewActions {
  readonly content: ViewContent;
  state(): ViewState;
  update(change: Partial<ViewState>): void;
  seek(sample: number): void;
  play(): void;
  /** Moves the playhead as it is dragged. @param follow whether the range goes with it */
  scrub(sample: number, follow: boolean): void;
  mute(place: { readonly group: number; readonly lane: number }): void;
  /** Whether something is in the track of the times. */
  isAxis(target: Node): boolean;
  /** @param factor above 1 shows more */
  zoom(factor: number, anchorSample: number): void;
  move(bySamples: number): void;
  /** Puts the cursor on a token and shows it. */
  putCursor(cursor: TokenPlace | undefined): void;
  sampleAt(clientX: number): number;
  laneOf(target: Node): Omit<TokenPlace, 'index'> | undefined;
  /** Samples in a CSS pixel. */
  pixelSamples(): number;
}

function isAt(place: Omit<TokenPlace, 'index'> | undefined, { group, lane }: Omit<TokenPlace, 'index'>): boolean {
  return place !== undefined && place.group === group && place.lane === lane;
}

/** Two samples in order. */
export function rangeBetween(one: number, other: number): TimeRange {
  return { startSample: Math.min(one, other), endSample: Math.max(one, other) };
}
