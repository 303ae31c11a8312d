import { CentroidFault } from './centroid-faults.ts';
import type { NumberArray } from './number-array.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
const maximumHeaderBytes = 65_536;
const member =
  /\s*(['"])(descr|fortran_order|shape)\1\s*:\s*(?:(['"])([<>=|][a-zA-Z]\d+)\3|(True|False)|\(([\d\s,L]*)\))\s*(?:,|$)/y;

export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/**
 * A `.npy` file of any one array, versions 1 to 3.
 * @throws CentroidFault
 * Source: numpy/numpy, `numpy/lib/format.py`.
 */
export function readNpy(bytes: Uint8Array): NumberArray {
  const version = bytes[6];
  if (bytes.byteLength < 12 || version === undefined || version < 1 || version > 3) {
    throw new CentroidFault('The .npy file is of an unknown version, or cut off', String(version), '1, 2 or 3');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maximumHeaderBytes || start + length > bytes.byteLength) {
    throw new CentroidFault('The .npy file is cut off', `a header of ${length} bytes`, 'all of it');
  }
  const text = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  return { ...parseHeader(text), bytes: bytes.subarray(start + length) };
}

/** The Python dictionary: just its three keys, in any order, with the literals that NumPy writes. */
function parseHeader(text: string): Omit<NumberArray, 'bytes'> {
  const damaged = (): CentroidFault =>
    new CentroidFault(
      'The header of the .npy file is damaged',
      JSON.stringify(text.slice(0, 80)),
      'descr, fortran_order and shape',
    );
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw damaged();
  const found = new Map<string, string>();
  member.lastIndex = 0;
  while (body.slice(member.lastIndex).trim() !== '') {
    const match = member.exec(body);
    if (match === null || found.has(match[2]!)) throw damaged();
    found.set(match[2]!, match[4] ?? match[5] ?? `(${match[6]})`);
  }
  const [type, order, tuple] = ['descr', 'fortran_order', 'shape'].map((key) => found.get(key));
  if (type === undefined || !/^\(/.test(tuple ?? '') || !/^(True|False)$/.test(order ?? '')) throw damaged();
  const parts = tuple!
    .slice(1, -1)
    .split(',')
    .map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  const shape = parts.map((part) => (/^\d{1,15}$/.test(part) ? Number(part) : Number.NaN));
  if (!shape.every(Number.isSafeInteger)) throw damaged();
  return { type, shape, columnMajor: order === 'True' };
}
