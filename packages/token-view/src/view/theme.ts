import type { ViewTheme } from '../draw/surface.ts';

const names = {
  background: '--token-view-background',
  foreground: '--token-view-foreground',
  faint: '--token-view-faint',
  accent: '--token-view-accent',
  selection: '--token-view-selection',
  playhead: '--token-view-playhead',
  font: '--token-view-font',
} as const satisfies Record<keyof ViewTheme, string>;

/** Colours that a page gives by custom properties, see `tokenViewCss`. */
export function themeOf(element: Element): ViewTheme {
  const style = getComputedStyle(element);
  const read = (name: keyof ViewTheme): string => style.getPropertyValue(names[name]).trim();
  return {
    background: read('background'),
    foreground: read('foreground'),
    faint: read('faint'),
    accent: read('accent'),
    selection: read('selection'),
    playhead: read('playhead'),
    font: read('font'),
  };
}
