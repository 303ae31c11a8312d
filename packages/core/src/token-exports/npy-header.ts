import { SpeechTokensError } from '../errors/speech-tokens-error.ts';

/** Types of integers in `.npy` files, by the letters of their description after the byte order. */
const integerTypes = { u1: 1, u2: 2, u4: 4, u8: 8, i1: 1, i2: 2, i4: 4, i8: 8 } as const;

export type NpyIntegerType = keyof typeof integerTypes;

export interface NpyHeader {
  readonly type: NpyIntegerType;
  readonly elementBytes: number;
  readonly shape: readonly number[];
  /** Where the data start. */
  readonly headerSizeBytes: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
/** NumPy itself warns above 10,000. */
const maximumHeaderBytes = 65_536;

/**
 * The start of a version 1.0 file, with data aligned to 64 bytes.
 * Source: numpy/numpy, `numpy/lib/format.py`.
 */
export function buildNpyHeader(type: 'u1' | 'u2' | 'u4', shape: readonly number[]): Uint8Array {
  const order = type === 'u1' ? '|' : '<';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${order}${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const totalBytes = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(totalBytes).fill(0x20);
  bytes.set([...magic, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, totalBytes - 10, true);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[totalBytes - 1] = 0x0a;
  return bytes;
}

/**
 * The header of a `.npy` file of integers, versions 1 to 3.
 * @throws SpeechTokensError `token-file-invalid`: not such a file, not integers, big-endian, Fortran order
 */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  if (bytes.byteLength < 12 || magic.some((byte, index) => bytes[index] !== byte)) {
    throw npyError('The bytes are not a .npy file', 'another beginning', '\\x93NUMPY');
  }
  const version = bytes[6] as number;
  if (version < 1 || version > 3 || bytes[7] !== 0) {
    throw npyError('The .npy file is of an unknown version', `${version}.${bytes[7]}`, '1.0, 2.0 or 3.0');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maximumHeaderBytes || start + length > bytes.byteLength) {
    const most = Math.min(maximumHeaderBytes, bytes.byteLength - start);
    throw npyError(
      'The header of the .npy file is too long, or the file is cut off',
      `${length} bytes`,
      `at most ${most}`,
    );
  }
  const text = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  return { ...parseDictionary(text), headerSizeBytes: start + length };
}

/** Reads the Python dictionary: just its three keys, in any order, with the literals that NumPy writes. */
function parseDictionary(text: string): Omit<NpyHeader, 'headerSizeBytes'> {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw npyError('The header of the .npy file is damaged', 'no dictionary', 'one');
  const member = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"]*)\3|(True|False)|\(([\d\s,L]*)\))\s*(,|$)/y;
  const found = new Map<string, { text?: string; flag?: string; tuple?: string }>();
  while (member.lastIndex < body.length && body.slice(member.lastIndex).trim() !== '') {
    const match = member.exec(body);
    const key = match?.[2];
    if (match === null || key === undefined || found.has(key)) {
      throw npyError(
        'The header of the .npy file is damaged',
        JSON.stringify(body.slice(0, 80)),
        'descr, fortran_order, shape',
      );
    }
    found.set(key, {
      ...(match[4] === undefined ? {} : { text: match[4] }),
      ...(match[5] === undefined ? {} : { flag: match[5] }),
      ...(match[6] === undefined ? {} : { tuple: match[6] }),
    });
  }
  const descr = found.get('descr')?.text;
  const fortran = found.get('fortran_order')?.flag;
  const tuple = found.get('shape')?.tuple;
  if (descr === undefined || fortran === undefined || tuple === undefined || found.size !== 3) {
    throw npyError(
      'The header of the .npy file is damaged',
      [...found.keys()].join(', '),
      'descr, fortran_order, shape',
    );
  }
  const shape = parseShape(tuple);
  if (fortran === 'True' && shape.length > 1) {
    throw npyError('The .npy file is in Fortran order', 'fortran_order True', 'C order (numpy.ascontiguousarray)');
  }
  return { ...parseType(descr), shape };
}

function parseType(descr: string): { type: NpyIntegerType; elementBytes: number } {
  const type = descr.slice(1);
  const order = descr[0];
  if (!Object.hasOwn(integerTypes, type) || (order !== '<' && order !== '|')) {
    throw npyError(
      'The .npy file does not hold little-endian integers',
      JSON.stringify(descr.slice(0, 40)),
      'an integer type such as "<u2" or "<i8"',
    );
  }
  const elementBytes = integerTypes[type as NpyIntegerType];
  if (order === '|' && elementBytes > 1) throw npyError('The .npy file names no byte order', descr, `"<${type}"`);
  return { type: type as NpyIntegerType, elementBytes };
}

function parseShape(tuple: string): readonly number[] {
  const parts = tuple.split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  const shape = parts.map((part) => (/^\d{1,16}$/.test(part) ? Number(part) : Number.NaN));
  if (!shape.every(Number.isSafeInteger)) {
    throw npyError('The shape in the .npy file is invalid', `(${tuple.slice(0, 80)})`, 'whole numbers');
  }
  return shape;
}

export function npyError(problem: string, found: string, wanted: string): SpeechTokensError<'token-file-invalid'> {
  const remedy = 'Save the ids with numpy.save as an integer array of shape [codebooks, frames]';
  return new SpeechTokensError('token-file-invalid', { problem, found, wanted, remedy, details: {} });
}
