import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';

/** What is wrong, and what to do about it. */
type Fault = readonly [problem: string, remedy: string];

const noSuchFile: Fault = ['No such file', 'Check the path'];
const mayNotRead: Fault = ['Not allowed to read', 'Check the permissions of the file'];
const mayNotWrite: Fault = ['Not allowed to write', 'Check the permissions of the folder'];
const noFolder: Fault = ['The folder does not exist', 'Make the folder first'];
const tooManyFiles: Fault = ['Too many files are open', 'Close other files first, or raise the limit of the system'];

const readFaults: Readonly<Record<string, Fault>> = {
  ENOENT: noSuchFile,
  ENOTDIR: noSuchFile,
  EACCES: mayNotRead,
  EPERM: mayNotRead,
  EISDIR: ['A folder, not a file', 'Give the path of a file'],
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  EBADF: ['The file was closed while it was in use', 'Close it after the last read'],
};

const writeFaults: Readonly<Record<string, Fault>> = {
  ENOENT: noFolder,
  ENOTDIR: noFolder,
  EACCES: mayNotWrite,
  EPERM: mayNotWrite,
  EROFS: ['The disk is read-only', 'Write to another place'],
  ENOSPC: ['The disk is full', 'Make room on it'],
  EDQUOT: ['The disk quota is used up', 'Make room on the disk'],
  EISDIR: ['There is a folder of that name', 'Give the path of a file'],
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
};

/** What the file system refused, as a `file-read` error. */
export function fileReadError(path: string, cause: unknown): SpeechTokensError<'file-read'> {
  const [problem, remedy] = faultOf(cause, readFaults) ?? [`Cannot be read (${nameOf(cause)})`, checkBoth];
  return new SpeechTokensError('file-read', { problem: `${path}: ${problem}`, remedy, details: { path }, cause });
}

/** What the file system refused, as a `file-write` error. */
export function fileWriteError(path: string, cause: unknown): SpeechTokensError<'file-write'> {
  const [problem, remedy] = faultOf(cause, writeFaults) ?? [`Cannot be written (${nameOf(cause)})`, checkBoth];
  return new SpeechTokensError('file-write', { problem: `${path}: ${problem}`, remedy, details: { path }, cause });
}

const checkBoth = 'Check the path and the disk';

/** What the system says in some places and not in others: a folder stands where a file is wanted. */
export function folderError(): Error {
  return Object.assign(new Error('There is a folder of that name'), { code: 'EISDIR' });
}

function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException | undefined)?.code;
}

function faultOf(cause: unknown, faults: Readonly<Record<string, Fault>>): Fault | undefined {
  const code = codeOf(cause);
  return code === undefined ? undefined : faults[code];
}

function nameOf(cause: unknown): string {
  return codeOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
}
