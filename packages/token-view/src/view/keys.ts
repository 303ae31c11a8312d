import { tokenStart } from '../lanes/lane.ts';
import { lengthOf } from '../time/time-range.ts';
import { rangeBetween, type ViewActions } from './token-view.ts';
import { cursorInLane, steppedCursor } from './view-state.ts';

/** Everything that a pointer does, by keys. */
export function followKeys(element: HTMLElement, actions: ViewActions): void {
  const { groups, sampleCount } = actions.content;
  const centre = (): number => {
    const { range, cursor, playheadSample } = actions.state();
    const wanted = cursor === undefined ? playheadSample : startOf(cursor);
    const isShown = wanted >= range.startSample && wanted <= range.endSample;
    return isShown ? wanted : (range.startSample + range.endSample) / 2;
  };
  const startOf = (place: { readonly group: number; readonly lane: number; readonly index: number }): number =>
    tokenStart(groups[place.group]!.lanes[place.lane]!, place.index);
  /** The sample from which Shift and arrows select. */
  let selectFrom: number | undefined;

  const step = (by: number, selects: boolean): void => {
    const { cursor } = actions.state();
    const next = steppedCursor(groups, cursor, by);
    if (next === undefined) return;
    if (selects && cursor !== undefined) {
      const lane = groups[cursor.group]!.lanes[cursor.lane]!;
      selectFrom ??= tokenStart(lane, by > 0 ? cursor.index : cursor.index + 1);
      const to = tokenStart(lane, by > 0 ? next.index + 1 : next.index);
      actions.update({ selection: rangeBetween(selectFrom, to) });
    } else {
      selectFrom = undefined;
    }
    actions.putCursor(next);
  };
  const mark = (): void => {
    const { cursor, marked } = actions.state();
    if (cursor === undefined) return;
    const id = groups[cursor.group]!.lanes[cursor.lane]!.ids[cursor.index]!;
    const isMarked = marked?.group === cursor.group && marked.lane === cursor.lane && marked.id === id;
    actions.update({ marked: isMarked ? undefined : { group: cursor.group, lane: cursor.lane, id } });
    actions.seek(startOf(cursor));
  };
  const horizontally = (direction: number, event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey) actions.move((direction * lengthOf(actions.state().range)) / 4);
    else step(direction, event.shiftKey);
  };
  const nudge = (direction: number): void => {
    const { range, playheadSample } = actions.state();
    actions.scrub(playheadSample + (direction * lengthOf(range)) / 100, true);
  };
  const byKey: Readonly<Record<string, (event: KeyboardEvent) => void>> = {
    ' ': () => actions.play(),
    ArrowLeft: (event) => horizontally(-1, event),
    ArrowRight: (event) => horizontally(1, event),
    ArrowUp: () => actions.putCursor(cursorInLane(groups, actions.state().cursor, -1)),
    ArrowDown: () => actions.putCursor(cursorInLane(groups, actions.state().cursor, 1)),
    '[': () => actions.putCursor(cursorInLane(groups, actions.state().cursor, -1)),
    ']': () => actions.putCursor(cursorInLane(groups, actions.state().cursor, 1)),
    '+': () => actions.zoom(1 / 1.5, centre()),
    '=': () => actions.zoom(1 / 1.5, centre()),
    '-': () => actions.zoom(1.5, centre()),
    '0': () => actions.update({ range: { startSample: 0, endSample: sampleCount } }),
    ',': () => nudge(-1),
    '.': () => nudge(1),
    m() {
      const { cursor } = actions.state();
      if (cursor !== undefined) actions.mute(cursor);
    },
    Home: () => actions.putCursor(steppedCursor(groups, actions.state().cursor, Number.NEGATIVE_INFINITY)),
    End: () => actions.putCursor(steppedCursor(groups, actions.state().cursor, Number.POSITIVE_INFINITY)),
    Enter: mark,
    Escape() {
      selectFrom = undefined;
      actions.update({ marked: undefined, selection: undefined });
    },
  };
  element.addEventListener('keydown', (event) => {
    // A button in the view keeps the keys that press it.
    const presses = event.target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter');
    const act = event.altKey || presses ? undefined : byKey[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act(event);
  });
}
