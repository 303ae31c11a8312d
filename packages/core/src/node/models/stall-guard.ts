/** Ends a connection that brings nothing for too long. */
export interface StallGuard {
  /** Aborts with the caller's reason, or because of a stall. */
  readonly signal: AbortSignal;
  /** Something arrived. */
  kick(): void;
  hasStalled(): boolean;
  stop(): void;
}

export function createStallGuard(timeoutMs: number, signal: AbortSignal | undefined): StallGuard {
  const stall = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const kick = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(new Error(`no data for ${timeoutMs} ms`)), timeoutMs);
  };
  kick();
  return {
    signal: signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]),
    kick,
    hasStalled: () => stall.signal.aborted,
    stop: () => clearTimeout(timer),
  };
}
