import { tokenAt } from '../lanes/lane.ts';
import { lengthOf } from '../time/time-range.ts';
import { rangeBetween, type ViewActions } from './token-view.ts';
import { describeToken, type TokenPlace } from './view-state.ts';

/** A press that moves less than this is a click. CSS pixels. */
const clickPixels = 4;

/**
 * Drag along the times, or a movement with Shift: the playhead goes along. Wheel: moves; with Ctrl or a pinch, zooms around the pointer. Drag: selects. Click: puts the playhead; on a token also the
 * cursor, and marks all uses of its id, or none where they are marked. Hover: says what a token is.
 */
export function followPointer(element: HTMLElement, actions: ViewActions, status: HTMLElement): void {
  const { content } = actions;
  const tokenUnder = ({ target, clientX }: MouseEvent): TokenPlace | undefined => {
    const place = target instanceof Node ? actions.laneOf(target) : undefined;
    if (place === undefined) return undefined;
    const index = tokenAt(content.groups[place.group]!.lanes[place.lane]!, actions.sampleAt(clientX));
    return index === undefined ? undefined : { ...place, index };
  };
  const isTrack = ({ target }: Event): boolean =>
    target instanceof Element && target.closest('.token-view-track') !== null;

  element.addEventListener(
    'wheel',
    (event) => {
      if (!isTrack(event)) return;
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        actions.zoom(1.0022 ** (event.deltaY * lines), actions.sampleAt(event.clientX));
      } else {
        const sideways = event.shiftKey ? event.deltaY : event.deltaX;
        if (sideways === 0) return;
        event.preventDefault();
        actions.move(sideways * lines * actions.pixelSamples());
      }
    },
    { passive: false },
  );

  let pressed: { readonly sample: number; readonly clientX: number; readonly scrubs: boolean } | undefined;
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !isTrack(event)) return;
    const scrubs = event.shiftKey || actions.isAxis(event.target as Node);
    pressed = { sample: actions.sampleAt(event.clientX), clientX: event.clientX, scrubs };
    element.setPointerCapture?.(event.pointerId);
  });
  const isFar = (event: PointerEvent): boolean =>
    pressed !== undefined && Math.abs(event.clientX - pressed.clientX) >= clickPixels;
  element.addEventListener('pointermove', (event) => {
    if (pressed?.scrubs ?? (event.shiftKey && isTrack(event))) {
      actions.scrub(actions.sampleAt(event.clientX), false);
      return;
    }
    if (pressed !== undefined && isFar(event)) {
      actions.update({ selection: rangeBetween(pressed.sample, actions.sampleAt(event.clientX)) });
      return;
    }
    if (pressed !== undefined) return;
    const token = tokenUnder(event);
    const { cursor } = actions.state();
    const shown = token ?? cursor;
    status.textContent = shown === undefined ? '' : describeToken(content.groups, shown, content.sampleRateHz);
  });
  element.addEventListener('pointerup', (event) => {
    const start = pressed;
    const isClick = !isFar(event);
    pressed = undefined;
    if (start === undefined || !isClick) return;
    // The pointer was captured by the view: what lies below it is asked for by its place.
    const target = document.elementFromPoint(event.clientX, event.clientY);
    const place = target === null ? undefined : actions.laneOf(target);
    if (place !== undefined) {
      const lane = content.groups[place.group]!.lanes[place.lane]!;
      const index = tokenAt(lane, start.sample);
      if (index !== undefined) {
        const id = lane.ids[index]!;
        const { marked } = actions.state();
        const isMarked = marked?.group === place.group && marked.lane === place.lane && marked.id === id;
        (target as Element).closest<HTMLElement>('.token-view-track')?.focus();
        actions.update({ cursor: { ...place, index }, marked: isMarked ? undefined : { ...place, id } });
      }
    }
    actions.update({ selection: undefined });
    actions.seek(start.sample);
  });
  element.addEventListener('pointercancel', () => {
    pressed = undefined;
  });
  element.addEventListener('dblclick', (event) => {
    if (isTrack(event)) actions.zoom(lengthOf(actions.state().range) > 0 ? 1 / 3 : 1, actions.sampleAt(event.clientX));
  });
}
