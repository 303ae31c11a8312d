import type { TokenLane } from '@speech-tokens/token-view';

/** Lanes that fill in while a tokenizer runs. A view reads them anew at each drawing. */
export interface GrowingLanes {
  readonly lanes: readonly TokenLane[];
  /** What follows; the same lanes in the same order. */
  append(parts: readonly TokenLane[]): void;
}

export function createGrowingLanes(first: readonly TokenLane[]): GrowingLanes {
  const lanes = first.map(createLane);
  return {
    lanes: lanes.map(({ lane }) => lane),
    append(parts) {
      for (const [i, part] of parts.entries()) lanes[i]?.append(part);
    },
  };
}

function createLane(first: TokenLane) {
  const lane: { -readonly [Key in keyof TokenLane]: TokenLane[Key] } = { ...first };
  let ids = first.ids;
  let starts = first.boundaries;
  return {
    lane: lane as TokenLane,
    append(part: TokenLane): void {
      const count = lane.ids.length + part.ids.length;
      if (count > ids.length) ids = longer(ids, new Uint32Array(2 * count));
      ids.set(part.ids, lane.ids.length);
      if (starts !== undefined && part.boundaries !== undefined) {
        if (count + 1 > starts.length) starts = longer(starts, new Float64Array(2 * count + 1));
        // Its first start is the end that is there.
        starts.set(part.boundaries, lane.ids.length);
        lane.boundaries = starts.subarray(0, count + 1);
      }
      lane.ids = ids.subarray(0, count);
    },
  };
}

function longer<Values extends Uint32Array | Float64Array>(values: Values, room: Values): Values {
  room.set(values);
  return room;
}
