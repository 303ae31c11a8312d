import { createPeer, type Message } from '../protocol/index.ts';
import { createHandlers } from './handlers.ts';

// The inference process: forked by inference-process.ts. It holds plugins and native code, so that their crash, their memory
// and a run that does not end stay here.

// Whoever started this process is gone.
process.on('disconnect', () => process.exit());

createPeer(
  {
    send: (message) => void process.send!(message, undefined, undefined, () => {}),
    onMessage: (listener) => void process.on('message', (message) => listener(message as Message)),
    onClose: (listener) => void process.on('disconnect', () => listener('The editor is gone')),
  },
  createHandlers(),
);
