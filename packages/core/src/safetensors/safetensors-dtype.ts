/**
 * Bits of one element of each data type that the format names.
 * Source: huggingface/safetensors, `safetensors/src/tensor.rs` (enum `Dtype`); elements are little-endian.
 */
const bitsOfDtype = {
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
} as const;

/** A data type by its name in the file. */
export type SafetensorsDtype = keyof typeof bitsOfDtype;

export const safetensorsDtypes: readonly SafetensorsDtype[] = Object.keys(bitsOfDtype) as SafetensorsDtype[];

export function isSafetensorsDtype(name: string): name is SafetensorsDtype {
  return Object.hasOwn(bitsOfDtype, name);
}

/**
 * Bytes of a tensor; 1 element for a scalar (empty shape). `undefined` where they are not a whole number (elements
 * below one byte) or not a safe integer.
 */
export function tensorSizeBytes(dtype: SafetensorsDtype, shape: readonly number[]): number | undefined {
  if (shape.includes(0)) return 0;
  let bits: number = bitsOfDtype[dtype];
  for (const length of shape) {
    bits *= length;
    if (!Number.isSafeInteger(bits)) return undefined;
  }
  return bits % 8 === 0 ? bits / 8 : undefined;
}
