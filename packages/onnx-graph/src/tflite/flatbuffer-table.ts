/** What following one table counts for, however small it is: about what is kept of it. */
const tableCostBytes = 16;

/** Tells what is wrong with a buffer; it throws. */
export type FlatbufferFail = (found: string, wanted: string) => never;

/** A flatbuffer in memory, and how much of it may still be read. */
interface FlatbufferSpace {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly fail: FlatbufferFail;
  /**
   * Bytes that may still be read. Offsets may point to the same place again and again, so that a small file describes
   * a huge tree; honest writers share a few strings at most.
   */
  budgetBytes: number;
}

/**
 * One table of a flatbuffer. Every offset is checked to lie in the file before it is followed; a field that the file does
 * not have reads as its default. Fields are addressed by their number in the schema.
 *
 * The library `flatbuffers` is not used: its readers trust every offset, its verifier exists in C++ only, and a damaged
 * file makes it give numbers of other tables or lists of billions.
 * Source: google/flatbuffers, docs/source/internals.md.
 */
export class FlatTable {
  readonly #space: FlatbufferSpace;
  readonly #at: number;
  readonly #fields: number;
  readonly #fieldsEnd: number;
  readonly #sizeBytes: number;

  private constructor(space: FlatbufferSpace, at: number) {
    this.#space = space;
    this.#at = at;
    this.#fields = at - checked(space, at, 4).view.getInt32(at, true);
    checked(space, this.#fields, 4);
    const fieldsBytes = space.view.getUint16(this.#fields, true);
    this.#sizeBytes = space.view.getUint16(this.#fields + 2, true);
    if (fieldsBytes < 4 || fieldsBytes % 2 !== 0 || this.#sizeBytes < 4) {
      space.fail(`a table of ${this.#sizeBytes} bytes with ${fieldsBytes} bytes of fields`, 'a flatbuffer table');
    }
    this.#fieldsEnd = this.#fields + fieldsBytes;
    checked(space, this.#fields, fieldsBytes);
    checked(space, at, this.#sizeBytes);
    spend(space, tableCostBytes);
  }

  /** The root table of a buffer. `identifier` is its file identifier, four characters. */
  static root(bytes: Uint8Array, identifier: string, fail: FlatbufferFail): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const space = { bytes, view, fail, budgetBytes: 4 * bytes.byteLength + 4096 };
    const found = new TextDecoder('latin1').decode(bytes.subarray(4, 8));
    if (found !== identifier) fail(`the identifier ${JSON.stringify(found)}`, `the identifier ${identifier}`);
    return new FlatTable(space, offsetAt(space, 0));
  }

  int8(field: number, otherwise = 0): number {
    const at = this.#place(field, 1);
    return at === undefined ? otherwise : this.#space.view.getInt8(at);
  }

  uint8(field: number, otherwise = 0): number {
    const at = this.#place(field, 1);
    return at === undefined ? otherwise : this.#space.view.getUint8(at);
  }

  int32(field: number, otherwise = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? otherwise : this.#space.view.getInt32(at, true);
  }

  uint32(field: number, otherwise = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? otherwise : this.#space.view.getUint32(at, true);
  }

  /** An unsigned integer of 64 bits; above 2^53 it is rounded. */
  uint64(field: number): number {
    const at = this.#place(field, 8);
    return at === undefined ? 0 : Number(this.#space.view.getBigUint64(at, true));
  }

  float32(field: number, otherwise = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? otherwise : this.#space.view.getFloat32(at, true);
  }

  /** UTF-8; the empty text where the field is absent. Bytes that are no UTF-8 become U+FFFD. */
  text(field: number): string {
    const { offsetBytes, sizeBytes } = this.#vector(field, 1);
    spend(this.#space, sizeBytes);
    return new TextDecoder().decode(this.#space.bytes.subarray(offsetBytes, offsetBytes + sizeBytes));
  }

  /** Where a vector of bytes lies in the file, unread; of size 0 where the field is absent. */
  bytes(field: number): { readonly offsetBytes: number; readonly sizeBytes: number } {
    return this.#vector(field, 1);
  }

  int32s(field: number): readonly number[] {
    return this.#numbers(field, 4, (at) => this.#space.view.getInt32(at, true));
  }

  float32s(field: number): readonly number[] {
    return this.#numbers(field, 4, (at) => this.#space.view.getFloat32(at, true));
  }

  /** Integers of 64 bits; beyond 2^53 they are rounded. */
  int64s(field: number): readonly number[] {
    return this.#numbers(field, 8, (at) => Number(this.#space.view.getBigInt64(at, true)));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field, 4);
    return at === undefined ? undefined : new FlatTable(this.#space, offsetAt(this.#space, at));
  }

  tables(field: number): readonly FlatTable[] {
    return this.#numbers(field, 4, (at) => at).map((at) => new FlatTable(this.#space, offsetAt(this.#space, at)));
  }

  /** Where the value of a field lies; `undefined` where the file leaves it out. */
  #place(field: number, widthBytes: number): number | undefined {
    const entry = this.#fields + 4 + 2 * field;
    if (entry + 2 > this.#fieldsEnd) return undefined;
    const offset = this.#space.view.getUint16(entry, true);
    if (offset === 0) return undefined;
    if (offset < 4 || offset + widthBytes > this.#sizeBytes) {
      this.#space.fail(`field ${field} at byte ${offset} of a table of ${this.#sizeBytes}`, 'a field inside its table');
    }
    return this.#at + offset;
  }

  #vector(field: number, widthBytes: number): { readonly offsetBytes: number; readonly sizeBytes: number } {
    const place = this.#place(field, 4);
    if (place === undefined) return { offsetBytes: 0, sizeBytes: 0 };
    const start = offsetAt(this.#space, place);
    const sizeBytes = checked(this.#space, start, 4).view.getUint32(start, true) * widthBytes;
    checked(this.#space, start + 4, sizeBytes);
    return { offsetBytes: start + 4, sizeBytes };
  }

  #numbers(field: number, widthBytes: number, read: (at: number) => number): readonly number[] {
    const { offsetBytes, sizeBytes } = this.#vector(field, widthBytes);
    spend(this.#space, sizeBytes);
    return Array.from({ length: sizeBytes / widthBytes }, (_, i) => read(offsetBytes + i * widthBytes));
  }
}

function offsetAt(space: FlatbufferSpace, at: number): number {
  spend(space, 4);
  return at + checked(space, at, 4).view.getUint32(at, true);
}

function checked(space: FlatbufferSpace, at: number, lengthBytes: number): FlatbufferSpace {
  if (at >= 0 && at + lengthBytes <= space.bytes.byteLength) return space;
  return space.fail(
    `an offset to bytes ${at} to ${at + lengthBytes} of a file of ${space.bytes.byteLength}`,
    'offsets that stay in the file',
  );
}

function spend(space: FlatbufferSpace, sizeBytes: number): void {
  space.budgetBytes -= sizeBytes;
  if (space.budgetBytes < 0) space.fail('parts that are used over and over', 'a file whose parts are used once');
}
