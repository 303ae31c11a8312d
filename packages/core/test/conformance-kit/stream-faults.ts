import { isSpeechTokensError } from '../../src/index.ts';
import { type Fault, withoutOffsets, withoutSignal } from './call-faults.ts';
import { arraysOf, contentOf, type Data, lengthOf, spoilInPlace } from './codec-part.ts';
import { emptyOutput, inSavedState, inSession, spoilIf, untyped } from './session-faults.ts';

/** Faults of streams that a tokenizer and a detokenizer can have alike. */
export const streamFaults: readonly Fault[] = [
  {
    check: 'any-chunking',
    what: 'an empty piece in mid-stream disturbs it',
    inject: inSession((session) => {
      let hasInput = false;
      let isDisturbed = false;
      return {
        async push(input, options) {
          const outputs = await session.push(input, options);
          isDisturbed ||= hasInput && lengthOf(input) === 0;
          hasInput ||= lengthOf(input) > 0;
          return outputs;
        },
        flush: async (options) => spoilIf(isDisturbed, await session.flush(options)),
      };
    }),
  },
  {
    check: 'unawaited-in-order',
    what: 'a flush does not wait for the pushes before it',
    inject: inSession((session) => {
      let pending = 0;
      return {
        async push(input, options) {
          pending++;
          try {
            return await session.push(input, options);
          } finally {
            pending--;
          }
        },
        async flush(options) {
          const isEarly = pending > 0;
          return spoilIf(isEarly, await session.flush(options));
        },
      };
    }),
  },
  {
    check: 'independent-sessions',
    what: 'sessions share a buffer',
    inject: (part) => {
      const busy = new Map<object, number>();
      return inSession((session) => ({
        async push(input, options) {
          busy.set(session, (busy.get(session) ?? 0) + 1);
          const isShared = busy.size > 1;
          try {
            return spoilIf(isShared, await session.push(input, options));
          } finally {
            const count = (busy.get(session) ?? 1) - 1;
            if (count === 0) busy.delete(session);
            else busy.set(session, count);
          }
        },
      }))(part, 1);
    },
  },
  {
    check: 'input-unchanged',
    what: 'a push writes to its input when it is done',
    inject: inSession((session) => ({
      async push(input, options) {
        const outputs = await session.push(input, options);
        for (const array of arraysOf(input)) spoilInPlace(array);
        return outputs;
      },
    })),
  },
  {
    check: 'input-not-kept',
    what: 'a session reads the last input once more',
    inject: inSession((session) => {
      let last: { readonly input: Data; readonly content: string } | undefined;
      const hasChanged = (): boolean => last !== undefined && contentOf(last.input) !== last.content;
      return {
        async push(input, options) {
          const isStale = hasChanged();
          const outputs = await session.push(input, options);
          last = { input, content: contentOf(input) };
          return spoilIf(isStale, outputs);
        },
        flush: async (options) => spoilIf(hasChanged(), await session.flush(options)),
      };
    }),
  },
  {
    check: 'array-views',
    what: 'the offset of a view is forgotten',
    inject: inSession((session) => ({ push: (input, options) => session.push(withoutOffsets(input), options) })),
  },
  {
    check: 'codebook-prefix',
    what: 'a stream of fewer codebooks differs',
    inject: inSession((session, { codebookCount }) => ({
      flush: async (options) => spoilIf(codebookCount !== undefined, await session.flush(options)),
    })),
  },
  {
    check: 'latency',
    what: 'output comes one sample later than declared',
    inject: (part) => ({ ...part, latencySamples: part.latencySamples - 1 }),
  },
  {
    check: 'latency',
    what: 'one sample more is declared than needed',
    inject: (part) => ({ ...part, latencySamples: part.latencySamples + 1 }),
  },
  {
    check: 'reset',
    what: 'reset does nothing',
    inject: inSession(() => ({ reset() {} })),
  },
  {
    check: 'reset',
    what: 'reset leaves something of the stream before',
    inject: inSession((session) => {
      let isReused = false;
      return {
        reset() {
          isReused = true;
          session.reset();
        },
        flush: async (options) => spoilIf(isReused, await session.flush(options)),
      };
    }),
  },
  {
    check: 'state-continues',
    what: 'a state means something only where it was saved',
    inject: (part, loadNumber) =>
      inSavedState(
        part,
        () => [loadNumber],
        ([savedBy]) => savedBy !== loadNumber,
      ),
  },
  {
    check: 'state-continues',
    what: 'a state goes on with the session that it was saved of',
    inject: (part) => {
      const handedOut: Uint32Array[] = [];
      const changing = inSession((session) => ({
        push(input, options) {
          for (const marks of handedOut) marks[0] = 1;
          return session.push(input, options);
        },
      }))(part, 1);
      const mark = (): Uint32Array => {
        const marks = new Uint32Array(1);
        handedOut.push(marks);
        return marks;
      };
      return inSavedState(changing, mark, ([hasChanged]) => hasChanged === 1);
    },
  },
  {
    check: 'state-continues',
    what: 'saving the state harms the session',
    inject: inSession((session) => {
      let isHarmed = false;
      return {
        saveState() {
          isHarmed = true;
          return session.saveState();
        },
        flush: async (options) => spoilIf(isHarmed, await session.flush(options)),
      };
    }),
  },
  {
    check: 'state-after-unawaited',
    what: 'a state lacks the pushes that are not yet done',
    inject: (part) => {
      let pending = 0;
      const counting = inSession((session) => ({
        async push(input, options) {
          pending++;
          try {
            return await session.push(input, options);
          } finally {
            pending--;
          }
        },
      }))(part, 1);
      return inSavedState(
        counting,
        () => [pending],
        ([missing]) => (missing as number) > 0,
      );
    },
  },
  {
    check: 'state-refused',
    what: 'who wrote a state is not looked at',
    inject: (part) => ({
      ...part,
      open: ({ state, ...options } = {}) =>
        part.open(
          state ? { ...options, state: { ...state, writtenBy: `${part.name} ${part.tokenSpace.id}` } } : options,
        ),
    }),
  },
  {
    check: 'codebook-count-refused',
    what: 'half a codebook is rounded',
    inject: (part) => ({
      ...part,
      open: (options) => part.open(options?.codebookCount === 1.5 ? { ...options, codebookCount: 1 } : options),
    }),
  },
  {
    check: 'order-refused',
    what: 'a gap is refused with an error without a type',
    inject: inSession((session) => ({ push: untyped(session, 'stream-order') })),
  },
  {
    check: 'order-refused',
    what: 'a refused push disturbs the stream',
    inject: inSession((session) => {
      let isDisturbed = false;
      return {
        async push(input, options) {
          try {
            return await session.push(input, options);
          } catch (error) {
            isDisturbed ||= isSpeechTokensError(error, 'stream-order');
            throw error;
          }
        },
        flush: async (options) => spoilIf(isDisturbed, await session.flush(options)),
      };
    }),
  },
  {
    check: 'empty-flush',
    what: 'the end of a stream without input gives an empty piece',
    inject: (part) =>
      inSession((session) => {
        let hasInput = false;
        return {
          push(input, options) {
            hasInput ||= lengthOf(input) > 0;
            return session.push(input, options);
          },
          async flush(options) {
            const outputs = await session.flush(options);
            return hasInput || outputs.length > 0 ? outputs : [emptyOutput(part)];
          },
        };
      })(part, 1),
  },
  {
    check: 'closed-after-flush',
    what: 'input after the end is dropped without a word',
    inject: inSession((session) => {
      let hasEnded = false;
      return {
        async push(input, options) {
          return hasEnded ? [] : session.push(input, options);
        },
        async flush(options) {
          const outputs = await session.flush(options);
          hasEnded = true;
          return outputs;
        },
        reset() {
          hasEnded = false;
          session.reset();
        },
      };
    }),
  },
  {
    check: 'closed-after-close',
    what: 'a flush after close gives nothing in place of an error',
    inject: inSession((session) => {
      let isClosed = false;
      return {
        flush: async (options) => (isClosed ? [] : session.flush(options)),
        close() {
          isClosed = true;
          return session.close();
        },
      };
    }),
  },
  {
    check: 'close-twice',
    what: 'the second close of a session throws',
    inject: inSession((session) => {
      let isClosed = false;
      return {
        async close() {
          if (isClosed) throw new Error('Already closed.');
          isClosed = true;
          await session.close();
        },
      };
    }),
  },
  {
    check: 'abort-before',
    what: 'a signal that has already aborted is not looked at',
    inject: inSession((session) => ({
      push: (input, options) => session.push(input, options?.signal?.aborted ? withoutSignal(options) : options),
    })),
  },
  {
    check: 'abort-before',
    what: 'an aborted flush ends the stream',
    inject: inSession((session) => ({
      async flush(options) {
        if (options?.signal?.aborted) await session.flush();
        return session.flush(options);
      },
    })),
  },
  {
    check: 'abort-during',
    what: 'the signal is looked at only at the start',
    inject: inSession((session) => ({
      push: (input, options) => session.push(input, options?.signal?.aborted ? options : withoutSignal(options)),
    })),
  },
  {
    check: 'abort-during',
    what: 'an aborted push has been taken all the same',
    inject: inSession((session) => ({
      async push(input, options) {
        options?.signal?.throwIfAborted();
        const outputs = await session.push(input, withoutSignal(options));
        options?.signal?.throwIfAborted();
        return outputs;
      },
    })),
  },
  {
    check: 'abort-during',
    what: 'a push that was taken rejects where the abort came a few microtasks later',
    inject: inSession((session) => ({
      async push(input, options) {
        const outputs = await session.push(input, options);
        for (let i = 0; i < 3; i++) await undefined;
        options?.signal?.throwIfAborted();
        return outputs;
      },
    })),
  },
  {
    check: 'abort-during',
    what: 'an aborted push rejects with an error of its own',
    inject: inSession((session) => ({
      async push(input, options) {
        options?.signal?.throwIfAborted();
        try {
          return await session.push(input, options);
        } catch (error) {
          throw options?.signal?.aborted ? new DOMException('This operation was aborted', 'AbortError') : error;
        }
      },
    })),
  },
];

export const tokenizerStreamFaults: readonly Fault[] = [
  {
    check: 'tokenizer-stream/format-refused',
    what: 'another format is refused with an error without a type',
    inject: inSession((session) => ({ push: untyped(session, 'audio-format') })),
  },
];

export const detokenizerStreamFaults: readonly Fault[] = [
  {
    check: 'detokenizer-stream/grid-refused',
    what: 'a bad grid is refused with an error without a type',
    inject: inSession((session) => ({ push: untyped(session, 'token-grid-invalid') })),
  },
];
