import { bytesSource, isSpeechTokensError } from '@speech-tokens/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { locateStoredFile, readZipDirectory } from '../src/checkpoint/zip/zip-directory.ts';
import { writeZip, type ZipFile, type ZipOptions } from './write-zip.ts';

const path = 'weights.pt';
const data = Uint8Array.from({ length: 40 }, (_, i) => i + 1);
const file: ZipFile = { name: 'a/data/0', data };

/** The bytes of every file, by name. */
async function contents(archive: Uint8Array): Promise<Record<string, Uint8Array>> {
  const source = bytesSource(archive);
  const directory = await readZipDirectory(source, path);
  const found: Record<string, Uint8Array> = {};
  for (const [name, entry] of directory.entries) {
    const { offsetBytes, sizeBytes } = await locateStoredFile(source, directory, entry, path);
    found[name] = await source.read(offsetBytes, sizeBytes);
  }
  return found;
}

test.each<[string, Partial<ZipFile>, ZipOptions]>([
  ['plain', {}, {}],
  ['data descriptors', { hasDescriptor: true, flags: 8 }, {}],
  ['64-bit sizes of files', { isWide: true }, {}],
  ['the records of zip64', { isWide: true }, { isWide: true }],
  ['a comment that looks like an end', {}, { comment: 'PK\u0005\u0006 and more, and more, and more' }],
])('files are found where they lie: %s', async (_, fields, options) => {
  const files = ['a/data.pkl', 'a/größe', 'a/empty'].map((name, i) => ({
    ...file,
    ...fields,
    name,
    data: data.subarray(0, [40, 7, 0][i]),
  }));
  const found = await contents(writeZip(files, options));
  expect(found).toEqual(Object.fromEntries(files.map(({ name, data }) => [name, Buffer.from(data)])));
});

const cut = (archive: Uint8Array, bytes: number): Uint8Array => archive.subarray(0, archive.byteLength - bytes);

test.each<[string, Uint8Array, RegExp]>([
  ['an empty file', new Uint8Array(0), /no directory at its end.*found a file of 0 bytes/],
  ['a file that is cut off', cut(writeZip([file]), 1), /no directory at its end/],
  ['bytes that follow', Buffer.concat([writeZip([file]), data]), /no directory at its end/],
  ['bytes that are missing before', writeZip([file]).subarray(10), /does not lie where it should/],
  ['two files of one name', writeZip([file, file]), /the file "a\/data\/0" twice/],
  [
    'more files than it says',
    writeZip([file, { ...file, name: 'b' }], { claimedCount: 1 }),
    /bytes after the last of 1 files/,
  ],
  ['fewer files than it says', writeZip([file], { claimedCount: 2 }), /no entry at byte \d+ of the directory/],
  ['a compressed file', writeZip([{ ...file, method: 8 }]), /"a\/data\/0" .*found compression method 8/],
  ['an encrypted file', writeZip([{ ...file, flags: 1 }]), /"a\/data\/0" .*found an encrypted file/],
  ['another name in the header', writeZip([{ ...file, ownName: 'a/data/1' }]), /another name in its own header/],
  ['another compression in the header', writeZip([{ ...file, ownMethod: 8 }]), /another compression/],
  [
    'a size into the directory',
    writeZip([{ ...file, claimedBytes: 41 }]),
    /41 bytes from byte \d+, into the directory/,
  ],
  ['a size above 2^53', writeZip([{ ...file, isWide: true, claimedBytes: 2 ** 60 }]), /Infinity bytes from byte/],
  ['a place outside', writeZip([{ ...file, claimedOffset: 1e6 }]), /a header at byte 1000000/],
  ['a place above 2^53', writeZip([{ ...file, isWide: true, claimedOffset: 2 ** 60 }]), /a header at byte Infinity/],
  ['a place within a file', writeZip([{ ...file, claimedOffset: 4 }]), /no header where it should start/],
])('%s is refused', async (_, archive, message) => {
  const error = await contents(archive).catch((error: unknown) => error);
  expect(isSpeechTokensError(error, 'checkpoint-invalid') && error.details).toEqual({ path });
  expect(String(error)).toMatch(message);
});

test('changed bytes and cut archives give files within the archive or a typed error', async () => {
  const archives = [
    writeZip([file, { ...file, name: 'b' }]),
    writeZip(
      [
        { ...file, isWide: true },
        { ...file, name: 'b', isWide: true },
      ],
      { isWide: true },
    ),
  ];
  // Most of the archive is structure; the data are left out, so that changes meet it.
  const change = fc.tuple(fc.nat(archives[1]!.byteLength), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 255)));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...archives),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.oneof(fc.constant(0), fc.nat(60)),
      async (archive, changes, missing) => {
        const changed = Uint8Array.from(archive);
        for (const [at, value] of changes) changed[at % archive.byteLength] = value;
        const error = await contents(cut(changed, missing)).catch((error: unknown) => error);
        if (error instanceof Error && !isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
      },
    ),
    { numRuns: 3000 },
  );
});
