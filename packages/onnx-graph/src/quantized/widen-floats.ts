import type { ElementType } from '../graph/element-type.ts';

/** Values of a float tensor as float32: a copy, but for float32 itself, which is viewed where it is aligned. */
export function widenFloats(bytes: Uint8Array, elementType: ElementType): Float32Array {
  const copy = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
  const { buffer, byteOffset, byteLength } = copy;
  switch (elementType) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
    case 'float64':
      return Float32Array.from(new Float64Array(buffer, byteOffset, byteLength / 8));
    case 'bfloat16': {
      // The upper half of a float32.
      const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
      const wide = new Uint32Array(halves.length);
      for (let i = 0; i < halves.length; i++) wide[i] = halves[i]! << 16;
      return new Float32Array(wide.buffer);
    }
    case 'float16': {
      const table = halfTable();
      const halves = new Uint16Array(buffer, byteOffset, byteLength / 2);
      const wide = new Float32Array(halves.length);
      for (let i = 0; i < halves.length; i++) wide[i] = table[halves[i]!]!;
      return wide;
    }
    default:
      throw new TypeError(`${elementType} is no float type`);
  }
}

let halfValues: Float32Array | undefined;

/** All 65,536 numbers of 16 bits. */
function halfTable(): Float32Array {
  halfValues ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfToNumber(bits));
  return halfValues;
}

/** A number of 16 bits: IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
