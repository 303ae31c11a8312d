import { ConformanceFailure } from './conformance-check.ts';
import { expectReason, nextTurn, watch } from './expectations.ts';

/** Starts a call that looks at this signal. */
export type StartCall = (signal: AbortSignal) => Promise<unknown>;

/** A call that is aborted after some turns of the event loop rejects with the reason, unless it was over by then. */
export async function expectAbortAt(verb: string, moment: number, start: StartCall): Promise<void> {
  const what = `${verb} aborted ${moment === 0 ? 'right after the call' : `after ${moment} turns of the event loop`}`;
  const reason = new Error('The caller changed its mind in the middle.');
  const controller = new AbortController();
  const call = watch(start(controller.signal));
  for (let turn = 0; turn < moment; turn++) await nextTurn();
  // Where everything was done by now, the abort came too late for this moment.
  const cameTooLate = call.settled;
  controller.abort(reason);
  const outcome = await call.outcome;
  if (!cameTooLate) expectReason(outcome, reason, what);
}

/**
 * Promptness without a clock: another call starts first, and a longer one is aborted right after it was made. It must
 * settle before the one that goes on; a call that waits for its turn, or for its own end, does not.
 */
export async function expectPromptAbort(
  verb: string,
  startAhead: () => Promise<unknown>,
  start: StartCall,
): Promise<void> {
  const what = `${verb} aborted while another call is in progress`;
  const reason = new Error('The caller changed its mind in the middle.');
  const controller = new AbortController();
  const ahead = watch(startAhead());
  const aborted = watch(start(controller.signal));
  controller.abort(reason);
  const first = await Promise.race([aborted.outcome.then(() => 'aborted'), ahead.outcome.then(() => 'ahead')]);
  const [outcome] = await Promise.all([aborted.outcome, ahead.outcome]);
  expectReason(outcome, reason, what);
  if (first === 'aborted') return;
  throw new ConformanceFailure(`${what} must reject promptly`, {
    found: 'a rejection only after the other call, which had seconds of audio before it, had run to its end',
    wanted: 'a rejection that waits neither for other calls nor for the rest of its own work',
  });
}
