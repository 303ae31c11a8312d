/** What the exit code of a run says. */
export const exitCodes = {
  ok: 0,
  /** What was asked for could not be done; the message is on standard error. */
  failed: 1,
  /** The command line itself is wrong: an unknown command or option, a value out of range. */
  usage: 2,
  /** Some of several files failed; the others are done. */
  partlyFailed: 3,
  /** Ctrl-C. */
  interrupted: 130,
  /** Standard output was closed before everything was written. */
  brokenPipe: 141,
  /** SIGTERM or SIGHUP. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Something about the command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
