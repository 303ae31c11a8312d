import { join } from 'node:path';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { sha256OfText } from '../files/file-hash.ts';

/** Where things are in the cache folder. */
export interface CacheLayout {
  readonly directory: string;
  /** `hub/<organisation>--<name>/<commit>/<file>`: the files of one commit lie in one folder, as in the repository. */
  hubFile(repository: string, commit: string, file: string): string;
  /** `https/<hash of the address>/<last part of its path>` */
  httpsFile(url: string): string;
  readonly hubDirectory: string;
  readonly httpsDirectory: string;
  /** Unfinished downloads, named by content. */
  readonly partsDirectory: string;
  readonly locksDirectory: string;
  /** One small file for each file that was checked. */
  readonly recordsDirectory: string;
  readonly pinsFile: string;
}

export function cacheLayout(directory: string): CacheLayout {
  const hubDirectory = join(directory, 'hub');
  const httpsDirectory = join(directory, 'https');
  return {
    directory,
    hubDirectory,
    httpsDirectory,
    partsDirectory: join(directory, 'parts'),
    locksDirectory: join(directory, 'locks'),
    recordsDirectory: join(directory, 'records'),
    pinsFile: join(directory, 'pins.json'),
    hubFile: (repository, commit, file) =>
      join(hubDirectory, repository.replace('/', '--'), commit, ...file.split('/')),
    httpsFile: (url) => join(httpsDirectory, sha256OfText(url).slice(0, 32), fileNameOfUrl(url)),
  };
}

/** A commit of a hub repository, in full. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** @throws SpeechTokensError `argument-invalid` */
export function checkHubSource(source: { repository: string; revision: string; file: string }): void {
  const { repository, revision, file } = source;
  const isRepository =
    /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)?$/.test(repository) && !/--|\.\./.test(repository);
  if (!isRepository) throw refuse('source.repository', repository, '"organisation/name"');
  if (!isSafeRelativePath(revision)) throw refuse('source.revision', revision, 'a commit, a tag or a branch');
  checkRelativePath('source.file', file);
}

/** @throws SpeechTokensError `argument-invalid` when a file name could lead out of the folder it belongs in */
export function checkRelativePath(argument: string, path: string): void {
  if (!isSafeRelativePath(path)) {
    throw refuse(argument, path, 'a relative path with "/" between names, which stays inside its folder');
  }
}

/** Names that no platform reads as something else: a way out, a device, a drive, a stream. */
function isSafeRelativePath(path: string): boolean {
  return path.length <= 1024 && path.split('/').every(isSafeName);
}

function isSafeName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || Buffer.byteLength(name) > 255) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/[/\\:*?"<>|\u0000-\u001f\u007f]/.test(name) || /[. ]$/.test(name)) return false;
  return !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name);
}

function fileNameOfUrl(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  let name: string;
  try {
    name = decodeURIComponent(last);
  } catch {
    name = last;
  }
  return isSafeName(name) ? name : 'file';
}

function refuse(argument: string, found: string, wanted: string): SpeechTokensError<'argument-invalid'> {
  return new SpeechTokensError('argument-invalid', {
    problem: `A model file has a ${argument} that cannot be used`,
    found: JSON.stringify(found.slice(0, 120)),
    wanted,
    remedy: 'Correct the model file; where it comes from a plugin, tell its authors',
    details: { argument },
  });
}
