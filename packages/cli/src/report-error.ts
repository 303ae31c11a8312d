import { isSpeechTokensError } from '@speech-tokens/core';
import type { CliContext } from './context.ts';
import { printable } from './terminal/text-width.ts';

/** What `--json` shows of an error. */
export interface JsonError {
  /** One of the codes of `@speech-tokens/core`; `unexpected` for an error that is not of this project. */
  readonly code: string;
  readonly message: string;
}

export function toJsonError(error: unknown): JsonError {
  return { code: isSpeechTokensError(error) ? error.code : 'unexpected', message: messageOf(error) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Writes an error for people. Where it came from is shown with `SPEECH_TOKENS_DEBUG=1`. */
export function reportError(context: CliContext, error: unknown, about?: string): void {
  const message = messageOf(error);
  const prefix = about === undefined || message.includes(about) ? '' : `${about}: `;
  context.report(`${context.err.painter.bad('error:')} ${printable(prefix + message)}`);
  if (context.env['SPEECH_TOKENS_DEBUG'] !== '1') {
    if (!isSpeechTokensError(error)) context.report('Set SPEECH_TOKENS_DEBUG=1 to see where it came from.');
    return;
  }
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    context.report(cause.stack ?? String(cause));
}
