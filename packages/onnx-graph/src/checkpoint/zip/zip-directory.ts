import type { ByteSource } from '@speech-tokens/core';
import { checkpointError } from '../checkpoint-fault.ts';

/** One file of a zip archive, as the central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 is stored as it is; everything else is compressed. */
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly storedBytes: number;
  readonly headerOffsetBytes: number;
}

export interface ZipDirectory {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Where the directory starts: every file of the archive ends before it. */
  readonly offsetBytes: number;
}

/** A central directory of this size describes half a million files. */
const maximumDirectoryBytes = 32 << 20;
const maximumUint32 = 0xffffffff;

/**
 * Reads the central directory of a zip archive by ranges. Zip libraries give the contents of files; what is wanted here
 * is where they lie, so that a graph can point to them: thus this small reader. Sizes are those of the directory, so
 * data descriptors need no reading. Checksums are not looked at: PyTorch can be told not to write them.
 * @throws SpeechTokensError `checkpoint-invalid`
 * Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification" 6.3.10, sections 4.3 and 4.5.3.
 */
export async function readZipDirectory(source: ByteSource, path: string): Promise<ZipDirectory> {
  const { count, sizeBytes, offsetBytes, endBytes } = await findDirectory(source, path);
  if (!(offsetBytes + sizeBytes <= endBytes) || sizeBytes > maximumDirectoryBytes) {
    throw checkpointError(path, {
      problem: 'The directory of the zip archive does not lie where it should',
      found: `${sizeBytes} bytes from byte ${offsetBytes} of a file of ${source.sizeBytes}`,
      wanted: `at most ${maximumDirectoryBytes} bytes, which end before byte ${endBytes}`,
    });
  }
  const view = viewOf(await source.read(offsetBytes, sizeBytes));
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    const { entry, nextBytes } = readEntry(view, at, path);
    if (entries.has(entry.name)) throw damaged(path, `the file ${JSON.stringify(entry.name)} twice`);
    entries.set(entry.name, entry);
    at = nextBytes;
  }
  if (at !== sizeBytes) throw damaged(path, `${sizeBytes - at} bytes after the last of ${count} files`);
  return { entries, offsetBytes };
}

/**
 * Where the bytes of a file of the archive lie.
 * @throws SpeechTokensError `checkpoint-invalid` when it is compressed or encrypted, or reaches out of its place
 */
export async function locateStoredFile(
  source: ByteSource,
  directory: ZipDirectory,
  entry: ZipEntry,
  path: string,
): Promise<{ readonly offsetBytes: number; readonly sizeBytes: number }> {
  const subject = `The file ${JSON.stringify(entry.name)} in the zip archive`;
  if (entry.isEncrypted || entry.method !== 0) {
    throw checkpointError(path, {
      problem: `${subject} cannot be used where it lies`,
      found: entry.isEncrypted ? 'an encrypted file' : `compression method ${entry.method}`,
      wanted: 'a file that is stored as it is',
      remedy: 'Use the file that torch.save wrote, not one that was packed again',
    });
  }
  const name = new TextEncoder().encode(entry.name);
  const fixedBytes = 30;
  const outOfPlace = (found: string): Error => damaged(path, `${subject.toLowerCase()}: ${found}`);
  if (entry.headerOffsetBytes + fixedBytes + name.byteLength > directory.offsetBytes) {
    throw outOfPlace(`a header at byte ${entry.headerOffsetBytes}`);
  }
  const bytes = await source.read(entry.headerOffsetBytes, fixedBytes + name.byteLength);
  const header = viewOf(bytes);
  if (header.getUint32(0, true) !== 0x04034b50) throw outOfPlace('no header where it should start');
  const ownName = bytes.subarray(fixedBytes);
  if (header.getUint16(26, true) !== name.byteLength || !ownName.every((byte, index) => byte === name[index])) {
    throw outOfPlace('another name in its own header');
  }
  if (header.getUint16(8, true) !== entry.method) throw outOfPlace('another compression in its own header');
  const offsetBytes = entry.headerOffsetBytes + fixedBytes + name.byteLength + header.getUint16(28, true);
  if (offsetBytes + entry.storedBytes > directory.offsetBytes) {
    throw outOfPlace(`${entry.storedBytes} bytes from byte ${offsetBytes}, into the directory`);
  }
  return { offsetBytes, sizeBytes: entry.storedBytes };
}

interface DirectoryPlace {
  readonly count: number;
  readonly sizeBytes: number;
  readonly offsetBytes: number;
  /** Where the record that tells of the directory starts. */
  readonly endBytes: number;
}

async function findDirectory(source: ByteSource, path: string): Promise<DirectoryPlace> {
  const endRecordBytes = 22;
  const tailBytes = Math.min(source.sizeBytes, endRecordBytes + 0xffff);
  const tailOffset = source.sizeBytes - tailBytes;
  const view = viewOf(await source.read(tailOffset, tailBytes));
  let at = tailBytes - endRecordBytes;
  // A comment may follow the record; it says itself how long.
  const isEnd = (): boolean =>
    view.getUint32(at, true) === 0x06054b50 && view.getUint16(at + 20, true) === tailBytes - endRecordBytes - at;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) {
    throw checkpointError(path, {
      problem: 'The zip archive has no directory at its end: it is cut off, or something was appended to it',
      found: `a file of ${source.sizeBytes} bytes`,
    });
  }
  const locatorBytes = 20;
  if (at >= locatorBytes && view.getUint32(at - locatorBytes, true) === 0x07064b50) {
    const recordOffset = safeUint64(view, at - locatorBytes + 8);
    return await readEnd64(source, recordOffset, tailOffset + at - locatorBytes, path);
  }
  if (view.getUint32(at + 4, true) !== 0) throw damaged(path, 'an archive of several disks');
  return {
    count: view.getUint16(at + 10, true),
    sizeBytes: view.getUint32(at + 12, true),
    offsetBytes: view.getUint32(at + 16, true),
    endBytes: tailOffset + at,
  };
}

async function readEnd64(source: ByteSource, offset: number, limit: number, path: string): Promise<DirectoryPlace> {
  const recordBytes = 56;
  if (!(offset + recordBytes <= limit)) throw damaged(path, `a zip64 record at byte ${offset}`);
  const view = viewOf(await source.read(offset, recordBytes));
  if (view.getUint32(0, true) !== 0x06064b50) throw damaged(path, `no zip64 record at byte ${offset}`);
  return {
    count: safeUint64(view, 32),
    sizeBytes: safeUint64(view, 40),
    offsetBytes: safeUint64(view, 48),
    endBytes: offset,
  };
}

function readEntry(view: DataView, at: number, path: string): { entry: ZipEntry; nextBytes: number } {
  const fixedBytes = 46;
  if (at + fixedBytes > view.byteLength || view.getUint32(at, true) !== 0x02014b50) {
    throw damaged(path, `no entry at byte ${at} of the directory`);
  }
  const nameBytes = view.getUint16(at + 28, true);
  const extraBytes = view.getUint16(at + 30, true);
  const nextBytes = at + fixedBytes + nameBytes + extraBytes + view.getUint16(at + 32, true);
  if (nextBytes > view.byteLength) throw damaged(path, `a directory that ends within an entry, at byte ${at}`);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + fixedBytes, nameBytes + extraBytes);
  const wide = readWideFields(view, at, viewOf(bytes.subarray(nameBytes)), path);
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, nameBytes));
  } catch {
    throw damaged(path, 'the name of a file that is not UTF-8');
  }
  const flags = view.getUint16(at + 8, true);
  return { entry: { name, method: view.getUint16(at + 10, true), isEncrypted: (flags & 1) !== 0, ...wide }, nextBytes };
}

/** Sizes and places above 32 bits stand in an extra field, in this order, and only those that need it. */
function readWideFields(
  view: DataView,
  at: number,
  extra: DataView,
  path: string,
): Pick<ZipEntry, 'storedBytes' | 'headerOffsetBytes'> {
  let [next, end] = [0, 0];
  for (let field = 0; field + 4 <= extra.byteLength; ) {
    const sizeBytes = extra.getUint16(field + 2, true);
    const isZip64 = extra.getUint16(field, true) === 1;
    if (isZip64) [next, end] = [field + 4, Math.min(field + 4 + sizeBytes, extra.byteLength)];
    field += 4 + sizeBytes;
    if (isZip64) break;
  }
  const widened = (narrow: number): number => {
    if (narrow !== maximumUint32) return narrow;
    if (next + 8 > end) throw damaged(path, `an entry without its 64-bit fields, at byte ${at} of the directory`);
    next += 8;
    return safeUint64(extra, next - 8);
  };
  widened(view.getUint32(at + 24, true));
  const storedBytes = widened(view.getUint32(at + 20, true));
  return { storedBytes, headerOffsetBytes: widened(view.getUint32(at + 42, true)) };
}

/** Infinity above 2^53: it fails every check of a range. */
function safeUint64(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(path: string, found: string): Error {
  return checkpointError(path, { problem: 'The zip archive is damaged', found });
}
