// The smallest component that keeps every promise: a language model of one stream, whose most probable id is the sum of
// what it has read.
import { createCallQueue, SpeechTokensError } from '@speech-tokens/core';

const size = 10;
const contextSteps = 20;

function refuse(code, problem) {
  throw new SpeechTokensError(code, { problem, remedy: 'Do otherwise', details: { argument: 'rows' } });
}

function createSession(model, past) {
  const queue = createCallQueue();
  let ids = past;
  let isClosed = false;
  const inTurn = (call, signal, undo) =>
    queue.run({
      signal,
      undo,
      perform() {
        if (isClosed || model.isClosed) refuse('session-closed', 'It was closed');
        return call();
      },
    });
  return {
    get stepCount() {
      return ids.length;
    },
    step(rows, choose, { signal } = {}) {
      let before = ids;
      const read = async () => {
        before = ids;
        const isRead = rows.length > 0 && rows.every((id) => id >= -1 && id < size);
        if (!isRead || ids.length + rows.length > contextSteps) refuse('argument-invalid', 'These rows cannot be read');
        ids = [...ids, ...rows];
        const sum = ids.reduce((total, id) => total + id + 1, 0);
        const logits = Float32Array.from({ length: size }, (_, id) => -((id - sum) ** 2 % 97));
        return Int32Array.of(choose === undefined ? -1 : await choose({ stream: 0 }, logits));
      };
      return inTurn(read, signal, () => {
        ids = before;
      });
    },
    rollback: (stepCount) =>
      inTurn(() => {
        ids = ids.slice(0, stepCount);
      }),
    fork: () => inTurn(() => createSession(model, ids)),
    async close() {
      isClosed = true;
    },
  };
}

async function load({ signal }) {
  signal?.throwIfAborted();
  const model = { isClosed: false };
  return {
    specificationVersion: 'v0',
    streams: [{ name: 'ids', role: 'out', vocabularySize: size }],
    contextSteps,
    async open() {
      if (model.isClosed) refuse('session-closed', 'It was closed');
      return createSession(model, []);
    },
    async close() {
      model.isClosed = true;
    },
  };
}

const title = 'Says the sum of what it has read';
export default {
  specificationVersion: 'v1',
  components: [{ kind: 'language-model', id: 'kept:sum', title, models: [], load }],
};
