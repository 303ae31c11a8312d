import type { CallOptions } from '../../contract/call-options.ts';
import { isSpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { raceSignal } from '../../streaming/race-signal.ts';
import type { DownloadRequest } from './download.ts';
import { failedAnswer, failedConnection } from './http-errors.ts';
import { sendRequest } from './http-request.ts';
import type { PartFile } from './part-file.ts';
import { type Attempt, type FailedAttempt, withRetries } from './retry.ts';
import { createStallGuard, type StallGuard } from './stall-guard.ts';
import type { StoreSettings } from './store-options.ts';

/**
 * Brings what is missing of a file, in as many requests as it takes.
 * @returns whether the part is as long as it should be; false where the server holds something of another length
 */
export async function fetchIntoPart(
  settings: StoreSettings,
  request: DownloadRequest,
  part: PartFile,
  options: CallOptions & { readonly signal: AbortSignal },
): Promise<boolean> {
  const { wanted, description, remote } = request;
  const { signal, onProgress } = options;
  let furthestBytes = part.sizeBytes;
  const report = (total: number | undefined): void => {
    furthestBytes = Math.max(furthestBytes, part.sizeBytes);
    const stage = `Downloading ${description.name}`;
    onProgress?.({ stage, done: furthestBytes, ...(total !== undefined && { total }), unit: 'bytes' });
  };
  if (wanted.sizeBytes !== undefined) {
    if (part.sizeBytes > wanted.sizeBytes) await part.restart();
    if (part.sizeBytes === wanted.sizeBytes && wanted.sizeBytes > 0) return true;
  }
  report(wanted.sizeBytes);

  return withRetries(settings.retry, signal, async (): Promise<Attempt<boolean>> => {
    const before = furthestBytes;
    const guard = createStallGuard(settings.stallTimeoutMs, signal);
    const failed = (attempt: FailedAttempt): FailedAttempt => ({ ...attempt, progressed: furthestBytes > before });
    try {
      const { response } = await sendRequest({
        method: 'GET',
        url: remote.url,
        headers: rangeHeaders(part),
        token: request.token,
        fetch: settings.fetch,
        signal: guard.signal,
      });
      guard.kick();
      if (response.status === 416) {
        // What we have is not a beginning of what is there.
        await response.body?.cancel();
        await part.restart();
        return failed(failedConnection(new Error('the server refused the range'), remote));
      }
      if (response.status !== 200 && response.status !== 206) {
        await response.body?.cancel();
        return failed(failedAnswer(response, remote));
      }
      const { total, isUsable } = await prepare(response, part);
      if (!isUsable) {
        await response.body?.cancel();
        await part.restart();
        return failed(failedConnection(new Error('the file changed on the server'), remote));
      }
      const expected = total ?? wanted.sizeBytes;
      if (wanted.sizeBytes !== undefined && total !== undefined && total !== wanted.sizeBytes) {
        await response.body?.cancel();
        return { done: true, value: false };
      }
      const isTooLong = await readBody(response, part, guard, expected, () => report(expected));
      if (isTooLong) return { done: true, value: false };
      if (expected !== undefined && part.sizeBytes < expected) {
        return failed(failedConnection(new Error(`it ended at byte ${part.sizeBytes} of ${expected}`), remote));
      }
      return { done: true, value: true };
    } catch (cause) {
      signal.throwIfAborted();
      if (isSpeechTokensError(cause)) throw cause;
      return failed(failedConnection(cause, remote, guard.hasStalled() ? settings.stallTimeoutMs : undefined));
    } finally {
      guard.stop();
    }
  });
}

function rangeHeaders(part: PartFile): { readonly [name: string]: string } {
  if (part.sizeBytes === 0) return {};
  const { etag } = part.note;
  // A server whose file has changed answers with the whole of the new one.
  return { range: `bytes=${part.sizeBytes}-`, ...(etag !== undefined && { 'if-range': etag }) };
}

/** Makes the part fit the answer: goes on, or starts over. */
async function prepare(
  response: Response,
  part: PartFile,
): Promise<{ readonly isUsable: boolean; readonly total?: number }> {
  const { status, headers } = response;
  const etagHeader = headers.get('etag');
  // Weak tags do not promise equal bytes.
  const etag = etagHeader !== null && /^".*"$/.test(etagHeader) ? etagHeader : undefined;
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers.get('content-range') ?? '');
  // A packed body has a length of its own, which says nothing about the file's.
  const isPacked = (headers.get('content-encoding') ?? 'identity') !== 'identity';
  const length = headers.get('content-length');
  if (status === 206) {
    const isRest = range !== null && Number(range[1]) === part.sizeBytes && !isPacked;
    const isOther = part.note.etag !== undefined && etag !== undefined && part.note.etag !== etag;
    if (!isRest || isOther) return { isUsable: false };
    await noteEtag(part, etag ?? part.note.etag);
    return range[3] === '*' ? { isUsable: true } : { isUsable: true, total: Number(range[3]) };
  }
  if (part.sizeBytes > 0) await part.restart();
  await noteEtag(part, etag);
  return length !== null && /^\d{1,15}$/.test(length) && !isPacked
    ? { isUsable: true, total: Number(length) }
    : { isUsable: true };
}

async function noteEtag(part: PartFile, etag: string | undefined): Promise<void> {
  if (part.note.etag === etag) return;
  const { etag: _, ...note } = part.note;
  await part.changeNote(etag === undefined ? note : { ...note, etag });
}

/** Writes the body to the part; true where it is longer than it should be. */
async function readBody(
  response: Response,
  part: PartFile,
  guard: StallGuard,
  expected: number | undefined,
  report: () => void,
): Promise<boolean> {
  if (response.body === null) return false;
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await raceSignal(reader.read(), guard.signal);
      if (done) return false;
      guard.kick();
      if (expected !== undefined && part.sizeBytes + value.length > expected) return true;
      await part.append(value);
      guard.kick();
      report();
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
