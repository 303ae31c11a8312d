export { createPlayer, type Player, type PlayerEvents } from './player/player.ts';
export { createTokenView, type TokenView, type ViewEvents } from './view/token-view.ts';
