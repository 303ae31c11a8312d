/**
 * Writes the protocol buffers wire format, as far as ONNX models need it.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];

  /** Field of wire type 0: int32, int64, enum; also negative. */
  varint(field: number, value: number | bigint): this {
    this.#parts.push(encodeVarint(BigInt(field) << 3n), encodeVarint(BigInt.asUintN(64, BigInt(value))));
    return this;
  }

  /** Field of wire type 5. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#parts.push(encodeVarint((BigInt(field) << 3n) | 5n), bytes);
    return this;
  }

  /** Field of wire type 2. */
  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(encodeVarint((BigInt(field) << 3n) | 2n), encodeVarint(BigInt(value.byteLength)), value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, write: (writer: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    return this.bytes(field, inner.finish());
  }

  /** A repeated field of packed varints. */
  packedVarints(field: number, values: readonly number[]): this {
    return this.bytes(field, concatenate(values.map((value) => encodeVarint(BigInt.asUintN(64, BigInt(value))))));
  }

  finish(): Uint8Array {
    return concatenate(this.#parts);
  }
}

function encodeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.byteLength;
  }
  return result;
}
