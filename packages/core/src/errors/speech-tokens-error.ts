import type { ErrorCode, ErrorDetails } from './error-details.ts';

const mark = Symbol.for('speech-tokens.error');

/** What an error says: what was found, what was wanted, and what to do. */
export interface ErrorDescription<Code extends ErrorCode> {
  /** One sentence, without a full stop: what could not be done. */
  readonly problem: string;
  readonly found?: string;
  readonly wanted?: string;
  /** One sentence, without a full stop: what the reader can do now. */
  readonly remedy: string;
  readonly details: ErrorDetails[Code];
  /** Of a call for several items: the index of the one that it is about. */
  readonly batchIndex?: number;
  readonly cause?: unknown;
}

/** The one error class of the project. Recognise it with `isSpeechTokensError`, not with `instanceof`. */
export class SpeechTokensError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly details: ErrorDetails[Code];
  /** Which item of a batch could not be done, from 0; absent where the error is about no single item. */
  declare readonly batchIndex?: number;

  constructor(code: Code, description: ErrorDescription<Code>) {
    super(compose(description), description.cause === undefined ? undefined : { cause: description.cause });
    this.name = 'SpeechTokensError';
    this.code = code;
    this.details = description.details;
    if (description.batchIndex !== undefined) this.batchIndex = description.batchIndex;
    // Not a class field: another copy of this class must be recognised too.
    Object.defineProperty(this, mark, { value: true });
  }
}

function compose({ problem, found, wanted, remedy }: ErrorDescription<ErrorCode>): string {
  const facts = [found && `found ${found}`, wanted && `wanted ${wanted}`].filter(Boolean).join(', ');
  return `${problem}${facts === '' ? '' : `: ${facts}`}. ${remedy}.`;
}

/**
 * Whether a thrown value is an error of this project, also when it comes from another copy of the package.
 * With a code, whether it is an error of that code.
 */
export function isSpeechTokensError<Code extends ErrorCode = ErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: SpeechTokensError<C> }[Code] {
  if (typeof value !== 'object' || value === null || !(mark in value)) return false;
  return code === undefined || (value as unknown as SpeechTokensError).code === code;
}
