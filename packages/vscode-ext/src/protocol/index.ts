export { type CallContext, createPeer, type Handlers, type Peer, type RequestOptions } from './peer.ts';
export type { Message, Port } from './wire.ts';
export { isRequestError, RequestError } from './wire-error.ts';
