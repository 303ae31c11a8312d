import { type TokenLane, tokenAt, tokenStart } from '../lanes/lane.ts';
import type { TimeRange } from '../time/time-range.ts';
import type { WaveformLane } from './waveform-lane.ts';

/** A token: of which tokenizer, in which of its lanes, at which place. */
export interface TokenPlace {
  readonly group: number;
  readonly lane: number;
  readonly index: number;
}

/** Lanes of one tokenizer. */
export interface LaneGroup {
  /** For example the id of the tokenizer. */
  readonly title: string;
  /** For example its rate and bitrate. */
  readonly about?: string;
  readonly lanes: readonly TokenLane[];
  /** A sound that goes with them, drawn above the lanes at the scale of the recording's waveform. */
  readonly waveform?: WaveformLane;
  /** Gives each lane a button. Absent where there is nothing to mute. */
  readonly muting?: LaneMuting;
}

/** Which lanes of a group are not heard: from one of them on. */
export interface LaneMuting {
  /** As many as there are lanes where all are heard. */
  readonly firstMuted: number;
  /** Why none can be muted, for people; absent where they can. */
  readonly whyNot?: string;
}

/** What a view shows just now. Plain data, so that it can be kept over a reload. */
export interface ViewState {
  readonly range: TimeRange;
  readonly playheadSample: number;
  readonly selection: TimeRange | undefined;
  readonly cursor: TokenPlace | undefined;
  /** The id whose uses are marked, in the lane where it was clicked. */
  readonly marked: { readonly group: number; readonly lane: number; readonly id: number } | undefined;
}

/** The token before or after the cursor in its lane; the first one where there is no cursor. */
export function steppedCursor(
  groups: readonly LaneGroup[],
  cursor: TokenPlace | undefined,
  by: number,
): TokenPlace | undefined {
  if (cursor === undefined) return firstToken(groups);
  const count = groups[cursor.group]!.lanes[cursor.lane]!.ids.length;
  return { ...cursor, index: Math.max(0, Math.min(count - 1, cursor.index + by)) };
}

/** The token of the lane above or below, over all groups, at the time of the cursor. */
export function cursorInLane(
  groups: readonly LaneGroup[],
  cursor: TokenPlace | undefined,
  by: number,
): TokenPlace | undefined {
  if (cursor === undefined) return firstToken(groups);
  const places = groups.flatMap(({ lanes }, group) => lanes.map((_, lane) => ({ group, lane })));
  const at = places.findIndex(({ group, lane }) => group === cursor.group && lane === cursor.lane);
  const next = places[Math.max(0, Math.min(places.length - 1, at + by))]!;
  const lane = groups[next.group]!.lanes[next.lane]!;
  if (lane.ids.length === 0) return cursor;
  const from = groups[cursor.group]!.lanes[cursor.lane]!;
  const middle = (tokenStart(from, cursor.index) + tokenStart(from, cursor.index + 1)) / 2;
  return { ...next, index: tokenAt(lane, middle) ?? lane.ids.length - 1 };
}

function firstToken(groups: readonly LaneGroup[]): TokenPlace | undefined {
  for (const [group, { lanes }] of groups.entries()) {
    const lane = lanes.findIndex(({ ids }) => ids.length > 0);
    if (lane !== -1) return { group, lane, index: 0 };
  }
  return undefined;
}

/** What is known of a token, in words: for a tool tip and for a screen reader. */
export function describeToken(groups: readonly LaneGroup[], place: TokenPlace, sampleRateHz: number): string {
  const { title, lanes } = groups[place.group]!;
  const lane = lanes[place.lane]!;
  const id = lane.ids[place.index]!;
  let uses = 0;
  for (const other of lane.ids) if (other === id) uses++;
  const [start, end] = [tokenStart(lane, place.index), tokenStart(lane, place.index + 1)];
  const milliseconds = (samples: number): string => ((1000 * samples) / sampleRateHz).toFixed(0);
  const share = ((100 * uses) / lane.ids.length).toFixed(1);
  return (
    `${title}, ${lane.name}: id ${id} of ${lane.size}, token ${place.index}, ` +
    `${milliseconds(start)} to ${milliseconds(end)} ms, samples ${Math.round(start)} to ${Math.round(end)}, ` +
    `${uses === 1 ? 'used once' : `used ${uses} times`} (${share} %)`
  );
}
