import { t } from '../texts/index.ts';

/** What keys do on a page beside those of the view. */
export interface PageKeyEvents {
  onPlay(): void;
  /** The recording, or what was decoded. */
  onSwap(): void;
  onDifference(): void;
  /** The decoded sound of a tokenizer: the first one is 0. */
  onTokenizer(place: number): void;
}

export const pageKeyHelp = (): readonly (readonly [keys: string, does: string])[] => [
  ['D', t('hear the recording, or what was decoded')],
  ['Shift+D', t('hear the difference of both')],
  ['Alt+1 … Alt+9', t('hear what the first (second, …) tokenizer makes of it')],
  ['M', t('mute the codebook of the token, or hear it again')],
];

export function followPageKeys(events: PageKeyEvents): void {
  // Before the window gets them: there the editor takes Alt with a number for its own tabs.
  document.addEventListener('keydown', (event) => {
    if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey) return;
    const { target } = event;
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (event.altKey) {
      if (digit === null || event.shiftKey) return;
      event.stopPropagation();
      events.onTokenizer(Number(digit[1]) - 1);
    } else if (event.key === ' ' && !target.closest('button, select, input, summary, .token-view')) {
      events.onPlay();
    } else if (event.key.toLowerCase() === 'd' && !target.closest('select')) {
      if (event.shiftKey) events.onDifference();
      else events.onSwap();
    } else {
      return;
    }
    event.preventDefault();
  });
}
