import { SpeechTokensError } from '@speech-tokens/core';

/** What is wrong with a checkpoint file. */
export interface CheckpointFault {
  readonly problem: string;
  readonly found?: string;
  readonly wanted?: string;
  /** To get the file again, where absent. */
  readonly remedy?: string;
  readonly tensor?: string;
  readonly cause?: unknown;
}

/** The typed error of a fault, with the path of the file. */
export function checkpointError(path: string, fault: CheckpointFault): SpeechTokensError<'checkpoint-invalid'> {
  const { problem, found, wanted, remedy, tensor, cause } = fault;
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `${problem} (${path})`,
    ...(found === undefined ? {} : { found }),
    ...(wanted === undefined ? {} : { wanted }),
    remedy: remedy ?? 'Get the file again, or write it anew with the program that made it',
    details: tensor === undefined ? { path } : { path, tensor },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Text of a file as it may stand in a message: quoted, and cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
