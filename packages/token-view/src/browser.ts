export { createHistogram } from './histogram/histogram-element.ts';
export { createPlayer, type Player, type PlayerEvents, type PlayerOptions } from './player/player.ts';
export { createTokenView, type TokenView, type ViewEvents } from './view/token-view.ts';
