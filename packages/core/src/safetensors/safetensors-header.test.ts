import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesSource } from '../bytes/byte-source.ts';
import { isSpeechTokensError } from '../errors/speech-tokens-error.ts';
import { buildSafetensorsHeader, type SafetensorsLayout } from './build-safetensors-header.ts';
import { parseSafetensorsHeader, readSafetensorsHeader, type SafetensorsHeader } from './read-safetensors-header.ts';
import { isSafetensorsDtype, safetensorsDtypes, tensorSizeBytes } from './safetensors-dtype.ts';

const path = 'model.safetensors';

function fileOf(json: string | Uint8Array, dataBytes = 0): Uint8Array {
  const header = typeof json === 'string' ? new TextEncoder().encode(json) : json;
  const file = new Uint8Array(8 + header.byteLength + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  file.set(header, 8);
  return file;
}

function parse(file: Uint8Array): SafetensorsHeader {
  return parseSafetensorsHeader(file, file.byteLength, { path });
}

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

describe('what is accepted', () => {
  test('tensors out of order, unaligned, empty, scalar, with blanks and escapes', () => {
    const json = `{ "b" : ${entry('F32', '[1]', '[3, 7]')} ,
      "__metadata__": {"format":"pt", "größe": "\\u00fc\\n"},
      "\\u00e4 名前": ${entry('U8', '[3]', '[0,3]')}, "scalar":${entry('BF16', '[]', '[7,9]')},
      "none": ${entry('F64', '[9007199254740991, 9007199254740991, 0]', '[3,3]')}}   `;
    const file = fileOf(json, 9);
    const header = parse(file);
    expect([...header.tensors.keys()]).toEqual(['b', 'ä 名前', 'scalar', 'none']);
    expect(header.metadata).toEqual(
      new Map([
        ['format', 'pt'],
        ['größe', 'ü\n'],
      ]),
    );
    const start = file.byteLength - 9;
    expect(header.headerSizeBytes).toBe(start);
    expect(header.tensors.get('b')).toEqual({ dtype: 'F32', shape: [1], offsetBytes: start + 3, sizeBytes: 4 });
    expect(header.tensors.get('scalar')).toEqual({ dtype: 'BF16', shape: [], offsetBytes: start + 7, sizeBytes: 2 });
    expect(header.tensors.get('none')?.sizeBytes).toBe(0);
  });

  test('names that an object would treat specially', () => {
    const header = parse(fileOf(`{"10":${entry('U8', '[0]', '[0,0]')},"__proto__":${entry('U8', '[0]', '[0,0]')}}`));
    expect([...header.tensors.keys()]).toEqual(['10', '__proto__']);
  });

  test('no tensors, no metadata', () => {
    expect(parse(fileOf('{}')).tensors.size).toBe(0);
    expect(parse(fileOf('{"__metadata__":null}')).metadata.size).toBe(0);
  });

  test('a prefix that is a view into a larger buffer', () => {
    const file = fileOf('{}');
    const larger = new Uint8Array(file.byteLength + 5).fill(0xff);
    larger.set(file, 5);
    expect(parse(larger.subarray(5)).headerSizeBytes).toBe(10);
  });

  test('sizes of every data type', () => {
    expect(safetensorsDtypes.map((dtype) => [dtype, tensorSizeBytes(dtype, [8])])).toEqual(
      Object.entries({
        BOOL: 8,
        U8: 8,
        I8: 8,
        U16: 16,
        I16: 16,
        U32: 32,
        I32: 32,
        U64: 64,
        I64: 64,
        F16: 16,
        BF16: 16,
        F32: 32,
        F64: 64,
        C64: 64,
        F8_E4M3: 8,
        F8_E5M2: 8,
        F8_E8M0: 8,
        F8_E4M3FNUZ: 8,
        F8_E5M2FNUZ: 8,
        F6_E2M3: 6,
        F6_E3M2: 6,
        F4: 4,
      }),
    );
    expect(tensorSizeBytes('F4', [3])).toBeUndefined();
    expect(tensorSizeBytes('U8', [2 ** 40, 2 ** 40])).toBeUndefined();
    expect(isSafetensorsDtype('F8_E4M3')).toBe(true);
    expect(isSafetensorsDtype('toString')).toBe(false);
  });
});

describe('what is refused', () => {
  const longRank = `[${new Array(65).fill(1).join(',')}]`;
  const cases: [name: string, file: Uint8Array, message: RegExp, tensor?: string][] = [
    ['an empty file', new Uint8Array(0), /too short.*found 0 bytes/],
    ['nine bytes', new Uint8Array(9), /too short/],
    ['a header longer than the file', new Uint8Array([200, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d]), /header of 200 bytes/],
    ['an empty header', new Uint8Array(10), /header of 0 bytes/],
    ['a header above 2^53', new Uint8Array(16).fill(255), /header of 18446744073709551615 bytes/],
    ['a zip file', fileOf('PK\u0003\u0004....'), /starts with byte 0x50/],
    ['blanks before the brace', fileOf(' {}'), /starts with byte 0x20/],
    ['bytes that are not UTF-8', fileOf(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])), /not UTF-8/],
    ['an unfinished object', fileOf('{"a"'), /wanted :, found the end/],
    ['an unfinished string', fileOf('{"a\\"'), /string without an end/],
    ['a raw control character', fileOf('{"a\u0001":{}}'), /control character/],
    ['half a surrogate pair', fileOf('{"\\ud800":{}}'), /surrogate/],
    ['text after the object', fileOf('{} x'), /after the closing brace/],
    ['zeros after the object', fileOf('{}\u0000'), /after the closing brace/],
    ['a trailing comma', fileOf('{"__metadata__":{},}'), /wanted a string, found }/],
    ['metadata that is not text', fileOf('{"__metadata__":{"a":1}}'), /wanted a string, found 1/],
    ['metadata twice', fileOf('{"__metadata__":{},"__metadata__":{}}'), /__metadata__ twice/],
    ['a metadata key twice', fileOf('{"__metadata__":{"a":"","\\u0061":""}}'), /metadata key "a" twice/],
    [
      'a tensor twice',
      fileOf(`{"a":${entry('U8', '[0]', '[0,0]')},"\\u0061":${entry('U8', '[0]', '[0,0]')}}`),
      /the tensor "a" twice/,
      'a',
    ],
    [
      'a field twice',
      fileOf('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      /"dtype" of a tensor is unknown or there twice/,
      'a',
    ],
    ['an unknown field', fileOf('{"a":{"dtype":"U8","stride":[1]}}'), /"stride" of a tensor is unknown/, 'a'],
    ['a missing field', fileOf('{"a":{"dtype":"U8","shape":[0]}}'), /without dtype, shape or two/, 'a'],
    ['three offsets', fileOf(`{"a":${entry('U8', '[0]', '[0,0,0]')}}`), /two data_offsets/, 'a'],
    ['an unknown type', fileOf(`{"a":${entry('F128', '[0]', '[0,0]')}}`), /unknown data type .*: found "F128"/, 'a'],
    ['a negative length', fileOf(`{"a":${entry('U8', '[-1]', '[0,0]')}}`), /wanted an integer/, 'a'],
    ['a length with a fraction', fileOf(`{"a":${entry('U8', '[1.0]', '[0,1]')}}`, 1), /wanted an integer/, 'a'],
    ['a length above 2^53', fileOf(`{"a":${entry('U8', '[9007199254740992]', '[0,0]')}}`), /wanted an integer/, 'a'],
    ['a leading zero', fileOf(`{"a":${entry('U8', '[00]', '[0,0]')}}`), /wanted an integer/, 'a'],
    ['a hundred dimensions', fileOf(`{"a":${entry('U8', longRank, '[0,1]')}}`, 1), /more than 64 numbers/, 'a'],
    ['deep nesting', fileOf(`{"a":${'['.repeat(100_000)}`), /wanted {, found \[/, 'a'],
    ['a product above 2^53', fileOf(`{"a":${entry('U8', '[4294967296,4294967296]', '[0,0]')}}`), /below 2\^53/, 'a'],
    ['half a byte', fileOf(`{"a":${entry('F4', '[1]', '[0,1]')}}`, 1), /fills whole bytes/, 'a'],
    [
      'bytes that do not fit the shape',
      fileOf(`{"a":${entry('U16', '[2]', '[0,3]')}}`, 3),
      /found 3 bytes for U16 \[2\], wanted 4 bytes/,
      'a',
    ],
    ['an end before the start', fileOf(`{"a":${entry('U8', '[1]', '[1,0]')}}`, 1), /found -1 bytes/, 'a'],
    [
      'overlapping tensors',
      fileOf(`{"a":${entry('U8', '[2]', '[0,2]')},"b":${entry('U8', '[2]', '[1,3]')}}`, 3),
      /"b" overlaps/,
      'b',
    ],
    [
      'a hole',
      fileOf(`{"a":${entry('U8', '[1]', '[0,1]')},"b":${entry('U8', '[1]', '[2,3]')}}`, 3),
      /hole before the tensor "b"/,
      'b',
    ],
    ['a hole at the start', fileOf(`{"a":${entry('U8', '[1]', '[1,2]')}}`, 2), /hole before the tensor "a"/, 'a'],
    [
      'an empty tensor within another',
      fileOf(`{"a":${entry('U8', '[2]', '[0,2]')},"b":${entry('U8', '[0]', '[1,1]')}}`, 2),
      /"b" overlaps/,
      'b',
    ],
    ['data cut off', fileOf(`{"a":${entry('U8', '[4]', '[0,4]')}}`, 3), /cut off.*found \d+ bytes, wanted/, 'a'],
    ['bytes after the last tensor', fileOf(`{"a":${entry('U8', '[1]', '[0,1]')}}`, 2), /Bytes follow/],
  ];

  test.each(cases)('%s', (_name, file, message, tensor) => {
    const error = errorOf(() => parse(file));
    expect(isSpeechTokensError(error, 'checkpoint-invalid')).toBe(true);
    expect(error.message).toMatch(message);
    expect(error).toHaveProperty('details', tensor === undefined ? { path } : { path, tensor });
  });

  test('a header above the limit, however long the file says it is', () => {
    const prefix = new Uint8Array(8);
    new DataView(prefix.buffer).setBigUint64(0, 100_000_001n, true);
    expect(errorOf(() => parseSafetensorsHeader(prefix, 1e12, { path })).message).toMatch(/2 to 100000000 bytes/);
  });

  test('with the code that the caller asks for', async () => {
    const promise = readSafetensorsHeader(bytesSource(new Uint8Array(3), 'a'), { errorCode: 'token-file-invalid' });
    await expect(promise).rejects.toMatchObject({ code: 'token-file-invalid', details: { path: 'a' } });
  });
});

describe('building', () => {
  const layouts = fc.uniqueArray(
    fc.record({
      name: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('10', '9', '__proto__', '"\\\n', '')),
      dtype: fc.constantFrom(...safetensorsDtypes.filter((dtype) => !dtype.startsWith('F6') && dtype !== 'F4')),
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
    }),
    { selector: (layout) => layout.name, maxLength: 6 },
  );
  const metadata = fc
    .array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), { maxLength: 4 })
    .map((pairs) => new Map(pairs));

  test('gives what the parser reads back', async () => {
    await fc.assert(
      fc.asyncProperty(layouts, metadata, async (tensors: SafetensorsLayout[], texts) => {
        const built = buildSafetensorsHeader(tensors, texts);
        expect(built.headerSizeBytes % 8).toBe(0);
        const file = new Uint8Array(built.fileSizeBytes);
        file.set(built.bytes);
        const read = await readSafetensorsHeader(bytesSource(file));
        expect(read).toEqual({
          metadata: texts,
          tensors: built.tensors,
          headerSizeBytes: built.headerSizeBytes,
        });
        expect([...read.tensors.keys()]).toEqual(tensors.map((tensor) => tensor.name));
      }),
      { numRuns: 300 },
    );
  });

  test.each<[string, readonly SafetensorsLayout[]]>([
    ['two tensors of one name', [0, 1].map(() => ({ name: 'a', dtype: 'U8', shape: [] }))],
    ['the reserved name', [{ name: '__metadata__', dtype: 'U8', shape: [] }]],
    ['a fractional length', [{ name: 'a', dtype: 'U8', shape: [0.5] }]],
    ['a negative length', [{ name: 'a', dtype: 'U8', shape: [-1, -1] }]],
    ['half a byte', [{ name: 'a', dtype: 'F4', shape: [1] }]],
    ['half a surrogate', [{ name: '\ud800', dtype: 'U8', shape: [] }]],
  ])('refuses %s', (_name, tensors) => {
    expect(
      isSpeechTokensError(
        errorOf(() => buildSafetensorsHeader(tensors)),
        'argument-invalid',
      ),
    ).toBe(true);
  });
});

describe('fuzzing', () => {
  const original = (() => {
    const built = buildSafetensorsHeader(
      [
        { name: 'weight', dtype: 'F32', shape: [2, 2] },
        { name: 'bias', dtype: 'I64', shape: [1] },
      ],
      new Map([['format', 'pt']]),
    );
    const file = new Uint8Array(built.fileSizeBytes);
    file.set(built.bytes);
    return file;
  })();

  /** Either a typed error, or tensors that lie within the file. */
  function survives(file: Uint8Array): void {
    try {
      const header = parse(file);
      let total = header.headerSizeBytes;
      for (const tensor of header.tensors.values()) {
        expect(tensor.offsetBytes + tensor.sizeBytes).toBeLessThanOrEqual(file.byteLength);
        total += tensor.sizeBytes;
      }
      expect(total).toBe(file.byteLength);
    } catch (error) {
      if (!isSpeechTokensError(error, 'checkpoint-invalid')) throw error;
    }
  }

  test('changed bytes and cut files', () => {
    const change = fc.tuple(fc.nat(original.byteLength - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(original.byteLength), (changes, kept) => {
        const file = original.slice();
        for (const [index, value] of changes) file[index] = value;
        survives(file);
        survives(file.slice(0, kept));
      }),
      { numRuns: 3000 },
    );
  });

  test('pieces of the grammar in any order', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"a"', '"b"', '"dtype"', '"U8"', '"F4"', '"shape"', '"data_offsets"', '0', '1'],
      ...['"__metadata__"', 'null', ' ', '-', 'e', '9007199254740993', entry('U8', '[1]', '[0,1]'), '"\\'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(3), (pieces, dataBytes) => {
        survives(fileOf(`{${pieces.join('')}`, dataBytes));
      }),
      { numRuns: 3000 },
    );
  });

  test('any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (json) => survives(fileOf(json.padEnd(2)))),
      { numRuns: 1000 },
    );
  });
});
