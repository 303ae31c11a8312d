import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { isRecord } from '../is-record.ts';
import type { CacheLayout } from './cache-layout.ts';
import { type LockTiming, withFileLock } from './file-lock.ts';
import { writeJson } from './json-file.ts';
import { cannotWrite } from './model-errors.ts';

/** The commit that a branch or tag stands for on this machine, from its first use on. */
export interface RevisionPin {
  readonly repository: string;
  readonly revision: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly pinnedAt: string;
}

/** The bytes that a file without a declared hash had on first use. */
export interface ContentPin {
  readonly sha256: string;
  readonly sizeBytes: number;
}

interface PinsData {
  readonly formatVersion: 1;
  /** By `repository@revision`. */
  readonly revisions: { readonly [key: string]: RevisionPin };
  /** By `repository@commit:file`, or by address. */
  readonly files: { readonly [key: string]: ContentPin };
}

/** What was pinned: a file of the cache folder that people can read, `pins.json`. */
export interface Pins {
  commitOf(repository: string, revision: string): Promise<string | undefined>;
  /** Pins a revision, unless another process was faster; returns what it is pinned to. */
  pinRevision(repository: string, revision: string, commit: string, signal?: AbortSignal): Promise<string>;
  contentOf(key: string): Promise<ContentPin | undefined>;
  pinContent(key: string, content: ContentPin, signal?: AbortSignal): Promise<void>;
  unpinContent(key: string, signal?: AbortSignal): Promise<void>;
  revisions(): Promise<readonly RevisionPin[]>;
  /** Lets go of a revision; false where it was not pinned. */
  unpinRevision(repository: string, revision: string, signal?: AbortSignal): Promise<boolean>;
}

export function contentKey(repository: string, commit: string, file: string): string {
  return `${repository}@${commit}:${file}`;
}

export function createPins(layout: CacheLayout, timing: LockTiming): Pins {
  const path = layout.pinsFile;
  const lockPath = join(layout.locksDirectory, 'pins.lock');

  const update = async <T>(
    signal: AbortSignal | undefined,
    change: (data: PinsData) => { readonly data?: PinsData; readonly result: T },
  ): Promise<T> =>
    withFileLock(lockPath, { timing, signal }, async () => {
      const { data, result } = change(await readPins(path));
      if (data !== undefined) {
        await writeJson(path, data).catch((cause) => {
          throw cannotWrite(path, cause);
        });
      }
      return result;
    });

  return {
    async commitOf(repository, revision) {
      return own((await readPins(path)).revisions, `${repository}@${revision}`)?.commit;
    },
    pinRevision(repository, revision, commit, signal) {
      const key = `${repository}@${revision}`;
      return update(signal, (data) => {
        const existing = own(data.revisions, key);
        if (existing !== undefined) return { result: existing.commit };
        const pin: RevisionPin = { repository, revision, commit, pinnedAt: new Date().toISOString() };
        return { data: { ...data, revisions: { ...data.revisions, [key]: pin } }, result: commit };
      });
    },
    async contentOf(key) {
      return own((await readPins(path)).files, key);
    },
    async pinContent(key, { sha256, sizeBytes }, signal) {
      const existing = own((await readPins(path)).files, key);
      if (existing?.sha256 === sha256 && existing.sizeBytes === sizeBytes) return;
      await update(signal, (data) => ({
        data: { ...data, files: { ...data.files, [key]: { sha256, sizeBytes } } },
        result: undefined,
      }));
    },
    unpinContent: (key, signal) =>
      update(signal, (data) => {
        const { [key]: removed, ...files } = data.files;
        return removed === undefined ? { result: undefined } : { data: { ...data, files }, result: undefined };
      }),
    async revisions() {
      return Object.values((await readPins(path)).revisions);
    },
    unpinRevision(repository, revision, signal) {
      return update(signal, (data) => {
        const { [`${repository}@${revision}`]: removed, ...revisions } = data.revisions;
        return removed === undefined ? { result: false } : { data: { ...data, revisions }, result: true };
      });
    },
  };
}

/** Pins decide which bytes run: a broken file of pins is an error and not an empty one. */
async function readPins(path: string): Promise<PinsData> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { formatVersion: 1, revisions: {}, files: {} };
    throw unreadable(path, message, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, (cause as Error).message, cause);
  }
  if (!isRecord(value) || value.formatVersion !== 1 || !isRecord(value.revisions) || !isRecord(value.files)) {
    throw unreadable(path, 'something else', undefined);
  }
  const { revisions, files } = value;
  const isRevision = (pin: unknown): boolean =>
    isRecord(pin) &&
    typeof pin.repository === 'string' &&
    typeof pin.revision === 'string' &&
    /^[0-9a-f]{40}$/.test(String(pin.commit));
  const isContent = (pin: unknown): boolean =>
    isRecord(pin) && /^[0-9a-f]{64}$/.test(String(pin.sha256)) && Number.isSafeInteger(pin.sizeBytes);
  if (!Object.values(revisions).every(isRevision) || !Object.values(files).every(isContent)) {
    throw unreadable(path, 'an entry that is not a pin', undefined);
  }
  return value as unknown as PinsData;
}

function own<T>(record: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function unreadable(path: string, found: string, cause: unknown): SpeechTokensError<'file-read'> {
  return new SpeechTokensError('file-read', {
    problem: `Cannot read which revisions are pinned from ${path}`,
    found,
    wanted: 'pins as a version of this program wrote them',
    remedy: 'Mend the file; or delete it, and branches are pinned anew on their next use',
    details: { path },
    cause,
  });
}
