/** What keys do, for a help text. */
export const keyHelp: readonly (readonly [keys: string, does: string])[] = [
  ['Space', 'play or pause'],
  ['← →', 'to the token before or after; with Shift, select; with Ctrl, move the picture'],
  ['↑ ↓ or [ ]', 'to the lane above or below'],
  ['+ −', 'zoom in or out'],
  ['0', 'show the whole recording'],
  ['Home End', 'to the start or the end'],
  [', .', 'move the playhead by a hundredth of what is in view'],
  ['Enter', 'mark all uses of the token; put the playhead on it'],
  ['Esc', 'unmark, and select nothing'],
];
