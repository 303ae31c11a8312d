import type { LaneMuting } from './view-state.ts';

/** A button that says whether a lane is muted. One that cannot be pressed can still be reached, and says why. */
export function createMuteButton(
  laneName: string,
  lane: number,
  { firstMuted, whyNot }: LaneMuting,
  press: () => void,
): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'token-view-mute';
  button.textContent = 'mute';
  button.tabIndex = -1;
  button.setAttribute('aria-label', `Mute ${laneName}`);
  button.setAttribute('aria-pressed', String(lane >= firstMuted));
  const reason = whyNot ?? (lane === 0 ? 'The first codebook is always heard: the others refine it.' : undefined);
  button.title =
    reason ??
    'Hear the codebooks before this one only. None can be left out of the middle: each refines the sum of those before it.';
  if (reason !== undefined) button.setAttribute('aria-disabled', 'true');
  else button.addEventListener('click', press);
  return button;
}
