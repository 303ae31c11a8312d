import type { ModelFile } from '../../contract/model-file.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';

/** What a file's bytes should be. */
export interface WantedContent {
  readonly sha256?: string | undefined;
  readonly gitBlobSha1?: string | undefined;
  readonly sizeBytes?: number | undefined;
}

export function missing(path: string, wanted: string, remedy: string, cause?: unknown): SpeechTokensError {
  return new SpeechTokensError('model-missing', {
    problem: `A model file is not there`,
    found: `nothing at ${path}`,
    wanted,
    remedy,
    details: { path },
    cause,
  });
}

export function corrupt(
  path: string,
  found: { readonly sha256?: string; readonly sizeBytes?: number; readonly gitBlobSha1?: string },
  wanted: WantedContent,
  remedy: string,
): SpeechTokensError<'model-corrupt'> {
  const isSize =
    wanted.sizeBytes !== undefined && found.sizeBytes !== undefined && found.sizeBytes !== wanted.sizeBytes;
  const isGit = wanted.sha256 === undefined && wanted.gitBlobSha1 !== undefined;
  return new SpeechTokensError('model-corrupt', {
    problem: `The model file ${path} does not have the right bytes`,
    found: isSize ? `${found.sizeBytes} bytes` : isGit ? `git blob ${found.gitBlobSha1}` : `SHA-256 ${found.sha256}`,
    wanted: isSize
      ? `${wanted.sizeBytes} bytes`
      : isGit
        ? `git blob ${wanted.gitBlobSha1}`
        : `SHA-256 ${wanted.sha256}`,
    remedy,
    details: {
      path,
      ...(found.sha256 !== undefined && { foundSha256: found.sha256 }),
      ...(wanted.sha256 !== undefined && { wantedSha256: wanted.sha256 }),
    },
  });
}

export function offline(file: ModelFile, url: string): SpeechTokensError<'model-offline'> {
  return new SpeechTokensError('model-offline', {
    problem: `The model file ${file.name} is not on this machine, and the network is not to be used`,
    found: 'offline mode',
    wanted: url,
    remedy:
      'Unset SPEECH_TOKENS_OFFLINE and HF_HUB_OFFLINE (or the option `offline`), or give a folder that holds the file as checkpoint directory',
    details: { url },
  });
}

export function noConsent(
  file: ModelFile,
  url: string,
  sizeBytes: number | undefined,
  wasAsked: boolean,
): SpeechTokensError<'model-consent'> {
  const size = sizeBytes === undefined ? '' : ` (${formatBytes(sizeBytes)})`;
  return new SpeechTokensError('model-consent', {
    problem: `The model file ${file.name}${size}, licence ${file.licence}, would have to be downloaded from ${url}`,
    found: wasAsked ? 'the answer no' : 'no one to ask',
    wanted: 'agreement to the download and to the licence',
    remedy: wasAsked
      ? 'Run it again and agree, or give a folder that holds the file as checkpoint directory'
      : 'Fetch it with `speech-tokens models pull`, pass `consent` to createModelStore, or give a folder that holds the file as checkpoint directory',
    details: { url, licence: file.licence, ...(sizeBytes !== undefined && { sizeBytes }) },
  });
}

export function diskFull(
  path: string,
  neededBytes: number | undefined,
  freeBytes: number | undefined,
  cause?: unknown,
): SpeechTokensError<'model-disk-space'> {
  return new SpeechTokensError('model-disk-space', {
    problem: `There is not enough space on the disk of ${path}`,
    found: freeBytes === undefined ? 'a full disk' : `${formatBytes(freeBytes)} free`,
    ...(neededBytes !== undefined && { wanted: formatBytes(neededBytes) }),
    remedy: 'Make room, or set SPEECH_TOKENS_CACHE to a folder on another disk',
    details: {
      path,
      ...(neededBytes !== undefined && { neededBytes }),
      ...(freeBytes !== undefined && { freeBytes }),
    },
    cause,
  });
}

/** Turns a failed write in the cache into an error that says what to do. */
export function cannotWrite(path: string, cause: unknown): SpeechTokensError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, undefined, undefined, cause);
  return new SpeechTokensError('file-write', {
    problem: `Cannot write ${path}`,
    found: message,
    remedy: 'Check the rights of the folder, or set SPEECH_TOKENS_CACHE to another one',
    details: { path },
    cause,
  });
}

function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
