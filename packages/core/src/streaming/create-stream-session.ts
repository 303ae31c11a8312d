import type { CallOptions } from '../contract/call-options.ts';
import type { PlainData, SessionState, StreamSession } from '../contract/streaming.ts';
import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import { createCallQueue } from './call-queue.ts';

/** What one stream does; `createStreamSession` adds what all streams have in common. */
export interface StreamMachine<In, Out> {
  /** Checks an input and copies what it needs of it, before the caller goes on. Does not touch the stream. */
  accept(input: In): In;
  /** Takes an accepted input. May fail half-way: the stream is then put back to where it was. */
  push(input: In, options: CallOptions): Promise<readonly Out[]>;
  flush(options: CallOptions): Promise<readonly Out[]>;
  reset(): void;
  /** A copy of where the stream stands. */
  save(): PlainData;
  /** @returns false where the data are not of this machine; the stream is then as it was */
  restore(data: PlainData): boolean;
  /**
   * Remembers where the stream stands, and gives the way back, which is taken at once after a push or flush that failed.
   * For machines whose `save` copies much, as each push would: `save` and `restore` where absent.
   */
  mark?(): () => void;
}

export interface StreamSessionOptions {
  /** Names the component in saved states, with its token space. */
  readonly writtenBy: string;
  readonly formatVersion: number;
  /** A state to continue from. */
  readonly state?: SessionState | undefined;
  /** Whether the component that the session belongs to has been closed. */
  isClosed(): boolean;
}

/**
 * A session of the contract around a stream machine: calls run in order, a call that fails or is aborted counts as not
 * made, nothing is taken after `flush` or `close`, states name their writer.
 * @throws SpeechTokensError `session-state-invalid` when `state` is of another component or damaged, `session-closed`
 * when the component is closed
 */
export function createStreamSession<In, Out>(
  machine: StreamMachine<In, Out>,
  options: StreamSessionOptions,
): StreamSession<In, Out> {
  const { writtenBy, formatVersion } = options;
  const queue = createCallQueue();
  let flushed = false;
  let closed = false;
  if (options.isClosed()) throw sessionClosed('The component was closed', 'Load it again');
  if (options.state !== undefined) flushed = restoreState(machine, options.state, writtenBy, formatVersion);

  const assertOpen = (): void => {
    if (closed || options.isClosed()) throw sessionClosed('It was closed', 'Open a new session');
    if (flushed) throw sessionClosed('It was flushed', 'Call reset() to start over');
  };
  const transaction = <Result>(perform: () => Promise<Result>, { signal }: CallOptions): Promise<Result> => {
    let undo = (): void => undefined;
    return queue.run({
      signal,
      perform() {
        assertOpen();
        const goBack = markOf(machine);
        undo = () => {
          goBack();
          flushed = false;
        };
        return perform();
      },
      undo: () => undo(),
    });
  };

  return {
    async push(input, callOptions = {}) {
      callOptions.signal?.throwIfAborted();
      const accepted = machine.accept(input);
      return transaction(() => machine.push(accepted, callOptions), callOptions);
    },
    flush: (callOptions = {}) =>
      transaction(async () => {
        const result = await machine.flush(callOptions);
        flushed = true;
        return result;
      }, callOptions),
    reset() {
      void queue.run({
        perform() {
          machine.reset();
          flushed = false;
        },
      });
    },
    saveState: () =>
      queue.run({
        perform() {
          if (closed || options.isClosed()) throw sessionClosed('It was closed', 'Save its state before');
          return { writtenBy, formatVersion, data: { flushed, stream: machine.save() } };
        },
      }),
    close: () =>
      queue.run({
        perform() {
          closed = true;
        },
      }),
  };
}

function markOf<In, Out>(machine: StreamMachine<In, Out>): () => void {
  if (machine.mark !== undefined) return machine.mark();
  const before = machine.save();
  return () => void machine.restore(before);
}

/** @returns whether the saved stream had been flushed */
function restoreState<In, Out>(
  machine: StreamMachine<In, Out>,
  state: SessionState,
  writtenBy: string,
  formatVersion: number,
): boolean {
  const invalid = (found: string, wanted: string): SpeechTokensError =>
    new SpeechTokensError('session-state-invalid', {
      problem: 'The saved state cannot be continued here',
      found,
      wanted,
      remedy: 'Continue it with the component, weights and version that saved it',
      details: {},
    });
  if (state.writtenBy !== writtenBy) throw invalid(`a state of ${state.writtenBy}`, `one of ${writtenBy}`);
  if (state.formatVersion !== formatVersion) {
    throw invalid(`format version ${state.formatVersion}`, `version ${formatVersion}`);
  }
  const data = state.data as { readonly flushed?: unknown; readonly stream?: PlainData } | null;
  if (typeof data?.flushed !== 'boolean' || data.stream === undefined || !machine.restore(data.stream)) {
    throw invalid('data that were damaged', 'the data that were saved');
  }
  return data.flushed;
}

function sessionClosed(found: string, remedy: string): SpeechTokensError<'session-closed'> {
  return new SpeechTokensError('session-closed', {
    problem: 'The session takes nothing more',
    found,
    remedy,
    details: {},
  });
}
