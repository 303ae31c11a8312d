import { createPeer, type Message, type Peer } from '../protocol/index.ts';
import { createHandlers } from './handlers.ts';
import type { AskerMethods, InferenceMethods } from './methods.ts';

// The inference process: forked by inference-process.ts. It holds plugins and native code, so that their crash, their memory
// and a run that does not end stay here.

// Whoever started this process is gone.
process.on('disconnect', () => process.exit());

const asker: Peer<AskerMethods> = createPeer<AskerMethods, InferenceMethods>(
  {
    send: (message) => void process.send!(message, undefined, undefined, () => {}),
    onMessage: (listener) => void process.on('message', (message) => listener(message as Message)),
    onClose: (listener) => void process.on('disconnect', () => listener('The editor is gone')),
  },
  createHandlers((offer, signal) => asker.request('mayFetch', offer, { signal })),
);
