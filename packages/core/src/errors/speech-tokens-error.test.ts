import { describe, expect, test, vi } from 'vitest';
import { isSpeechTokensError, SpeechTokensError } from './speech-tokens-error.ts';

const error = new SpeechTokensError('file-read', {
  problem: 'The file cannot be read',
  found: 'a folder',
  wanted: 'a file',
  remedy: 'Give the path of a file',
  details: { path: 'a' },
});

describe('the message', () => {
  const base = { problem: 'P', remedy: 'R', details: { path: 'a' } } as const;
  test.each([
    [{ ...base, found: 'F', wanted: 'W' }, 'P: found F, wanted W. R.'],
    [{ ...base, found: 'F' }, 'P: found F. R.'],
    [{ ...base, wanted: 'W' }, 'P: wanted W. R.'],
    [base, 'P. R.'],
  ])('%j', (description, message) => {
    expect(new SpeechTokensError('file-read', description).message).toBe(message);
  });

  test('the error is an Error that shows its name, code, details and cause', () => {
    const cause = new Error('inner');
    const withCause = new SpeechTokensError('file-read', { ...base, cause });
    expect(withCause).toBeInstanceOf(Error);
    expect(withCause.cause).toBe(cause);
    expect('cause' in error).toBe(false);
    expect(error).toMatchObject({ name: 'SpeechTokensError', code: 'file-read', details: { path: 'a' } });
    expect(String(error)).toBe(
      'SpeechTokensError: The file cannot be read: found a folder, wanted a file. Give the path of a file.',
    );
    expect(error.stack).toContain('The file cannot be read');
  });
});

describe('isSpeechTokensError', () => {
  test('with and without a code', () => {
    expect(isSpeechTokensError(error)).toBe(true);
    expect(isSpeechTokensError(error, 'file-read')).toBe(true);
    expect(isSpeechTokensError(error, 'file-write')).toBe(false);
  });

  test.each([
    ['an Error', new Error('x')],
    ['an Error that looks like one', Object.assign(new Error('x'), { name: 'SpeechTokensError', code: 'file-read' })],
    ['an abort', new DOMException('x', 'AbortError')],
    ['an object', { code: 'file-read' }],
    ['a function', () => undefined],
    ['text', 'file-read'],
    ['a number', 1],
    ['null', null],
    ['undefined', undefined],
  ])('not %s', (_name, value) => {
    expect(isSpeechTokensError(value)).toBe(false);
    expect(isSpeechTokensError(value, 'file-read')).toBe(false);
  });

  test('recognises errors of another copy of the module, both ways', async () => {
    vi.resetModules();
    const copy = await import('./speech-tokens-error.ts');
    expect(copy.SpeechTokensError).not.toBe(SpeechTokensError);
    const other = new copy.SpeechTokensError('file-write', { problem: 'P', remedy: 'R', details: { path: 'b' } });
    expect(other).not.toBeInstanceOf(SpeechTokensError);
    expect(isSpeechTokensError(other, 'file-write')).toBe(true);
    expect(copy.isSpeechTokensError(error, 'file-read')).toBe(true);
    expect(copy.isSpeechTokensError(new Error('x'))).toBe(false);
  });

  test('narrows the details to those of the code', () => {
    const value: unknown = error;
    if (!isSpeechTokensError(value, 'file-read')) throw new Error('not recognised');
    const path: string = value.details.path;
    expect(path).toBe('a');
  });
});
