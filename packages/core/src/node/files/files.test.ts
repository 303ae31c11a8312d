import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileReadError, fileWriteError } from './file-errors.ts';
import { fileHandleSource, openFileSource } from './file-source.ts';
import { openPartialFile } from './partial-file.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('openFileSource', () => {
  test('takes a path and a file: URL, also as text', async () => {
    const path = join(folder, 'größe 名');
    await writeFile(path, '0123456789');
    for (const file of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      await using source = await openFileSource(file);
      expect([source.name, source.sizeBytes]).toEqual([path, 10]);
      expect(text(await source.read(3, 4))).toBe('3456');
      expect(await source.read(10, 0)).toHaveLength(0);
      await expect(source.read(8, 3)).rejects.toThrow(RangeError);
    }
  });

  test('says why a file cannot be opened, and what to do', async () => {
    const missing = join(folder, 'missing');
    const refused: readonly [string | URL, string][] = [
      [missing, `${missing}: No such file. Check the path.`],
      [folder, `${folder}: A folder, not a file. Give the path of a file.`],
      [
        new URL('https://example.org/a'),
        'https://example.org/a: Not a file on this machine: found the protocol https:',
      ],
      ['file:///a%2Fb', 'file:///a%2Fb: Not a file on this machine'],
      ['a\0b', 'Cannot be read (ERR_INVALID_ARG_VALUE)'],
    ];
    for (const [file, message] of refused) {
      const error = await openFileSource(file).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'file-read', details: { path: String(file) } });
      expect(String(error)).toContain(message);
    }
  });

  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a file that may not be read', async () => {
    const path = join(folder, 'a');
    await writeFile(path, '');
    await chmod(path, 0);
    await expect(openFileSource(path)).rejects.toThrow('Not allowed to read');
  });

  test.skipIf(process.platform === 'win32')('a pipe is refused, not waited for', async () => {
    const path = join(folder, 'pipe');
    await promisify(execFile)('mkfifo', [path]);
    await expect(openFileSource(path)).rejects.toThrow(`${path}: Not a regular file. Read a pipe as a stream`);
  });

  test('a file that shrinks while it is open', async () => {
    const path = join(folder, 'a');
    await writeFile(path, '0123456789');
    await using source = await openFileSource(path);
    expect(text(await source.read(3, 4))).toBe('3456');
    await truncate(path, 5);
    await expect(source.read(3, 4)).rejects.toThrow(/ends at byte 5; it had 10/);
    await expect(source.read(3, 4)).rejects.toMatchObject({ code: 'file-read', details: { path } });
  });

  test('a disk that fails in the middle, and reads in small pieces', async () => {
    const path = join(folder, 'a');
    await writeFile(path, '0123456789');
    await using handle = await open(path);
    const read = handle.read.bind(handle);
    let readCount = 0;
    // One of the overloads of `read`: the one that is used.
    handle.read = (async (bytes: Uint8Array, start: number, length: number, position: number) => {
      if (++readCount > 4) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
      return await read(bytes, start, Math.min(2, length), position);
    }) as unknown as typeof handle.read;
    const failing = fileHandleSource(handle, path, 10);
    expect(text(await failing.read(1, 7))).toBe('1234567');
    await expect(failing.read(0, 4)).rejects.toMatchObject({
      code: 'file-read',
      message: expect.stringContaining('Cannot be read (EIO)'),
      details: { path },
    });
  });

  test('reads after closing are refused; closing twice is fine', async () => {
    const path = join(folder, 'a');
    await writeFile(path, '0123456789');
    const source = await openFileSource(path);
    await Promise.all([source.close(), source.close()]);
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: 'file-read', details: { path } });
    await expect(source.read(0, 1)).rejects.toThrow('was closed');
  });

  test('stops with the reason of the signal', async () => {
    const path = join(folder, 'a');
    await writeFile(path, '0123456789');
    await using source = await openFileSource(path);
    const reason = new Error('enough');
    await expect(source.read(0, 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

test.each([
  ['ENOENT', /No such file.*Check the path/, /folder does not exist.*Make the folder/],
  ['EACCES', /Not allowed to read.*permissions of the file/, /Not allowed to write.*permissions of the folder/],
  ['EISDIR', /A folder/, /a folder of that name/],
  ['ENOSPC', /Cannot be read \(ENOSPC\)/, /disk is full.*Make room/],
  ['EIO', /Cannot be read \(EIO\).*disk/, /Cannot be written \(EIO\).*disk/],
  [undefined, /Cannot be read \(odd\)/, /Cannot be written \(odd\)/],
])('%s has a message of its own for reading and for writing', (code, reading, writing) => {
  const cause = Object.assign(new Error('odd'), code === undefined ? {} : { code });
  for (const [error, message] of [
    [fileReadError('x', cause), reading],
    [fileWriteError('x', cause), writing],
  ] as const) {
    expect(error.message).toMatch(message);
    expect(error.cause).toBe(cause);
    expect(error.details).toEqual({ path: 'x' });
  }
});

describe('openPartialFile', () => {
  test('appends, replaces the start, and appears under its name when it is committed', async () => {
    const path = join(folder, 'x'.repeat(250));
    await writeFile(path, 'old');
    const file = await openPartialFile(path);
    await file.append(bytesOf('????'));
    await file.append(bytesOf('4567'));
    await file.replaceStart(bytesOf('0123'));
    await file.append(bytesOf('89'));
    expect(await readFile(path, 'utf8')).toBe('old');
    await file.commit();
    await file.discard();
    expect(await readFile(path, 'utf8')).toBe('0123456789');
    expect(await readdir(folder)).toHaveLength(1);
  });

  test('what is discarded leaves nothing, and the old file', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    const file = await openPartialFile(path);
    await file.append(bytesOf('new'));
    await file.discard();
    await file.discard();
    expect(await readdir(folder)).toEqual(['a']);
    expect(await readFile(path, 'utf8')).toBe('old');
    await expect(file.append(bytesOf('more'))).rejects.toMatchObject({ code: 'file-write', details: { path } });
  });

  test('a folder that does not exist', async () => {
    const path = join(folder, 'none', 'a');
    await expect(openPartialFile(path)).rejects.toThrow(`${path}: The folder does not exist. Make the folder first.`);
  });
});

describe('writeFileAtomically', () => {
  test('writes small and large pieces in order, and gives the result', async () => {
    const path = join(folder, 'a');
    const pieces = [3, 300_000, 5, 262_144, 1, 262_143, 2].map((length, index) =>
      new Uint8Array(length).fill(index + 1),
    );
    const result = await writeFileAtomically(path, async (sink) => {
      for (const piece of pieces) {
        const given = piece.slice();
        await sink.write(given);
        // The sink has let go of it by now.
        given.fill(0xff);
        expect(await readdir(folder)).not.toContain('a');
      }
      return 'done';
    });
    expect(result).toBe('done');
    expect((await readFile(path)).equals(Buffer.concat(pieces))).toBe(true);
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('two writers of one file do not disturb each other', async () => {
    const path = join(folder, 'a');
    const write = (text: string) => writeFileAtomically(path, (sink) => sink.write(new TextEncoder().encode(text)));
    await Promise.all([write('one'), write('two')]);
    expect(['one', 'two']).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('a target that cannot be replaced', async () => {
    const path = join(folder, 'a');
    await mkdir(path);
    const write = () => writeFileAtomically(path, (sink) => sink.write(new Uint8Array(3)));
    await expect(write()).rejects.toMatchObject({ code: 'file-write', details: { path } });
    expect(await readdir(folder)).toEqual(['a']);
  });
});
