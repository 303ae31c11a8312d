/** A flatbuffer to be written: fields by their number in the schema. For tests: files small and large, sound and not. */
export type FlatNode =
  | { readonly kind: 'table'; readonly fields: Readonly<Record<number, FlatNode>> }
  | { readonly kind: 'tables'; readonly items: readonly FlatNode[] }
  | { readonly kind: 'text'; readonly text: string }
  /** A vector of numbers, or of bytes where `align` is 1, as they lie in memory. */
  | { readonly kind: 'vector'; readonly bytes: Uint8Array; readonly widthBytes: number }
  | { readonly kind: 'scalar'; readonly bytes: Uint8Array };

type Numbers = Int8Array | Uint8Array | Int32Array | Uint32Array | Float32Array | BigInt64Array;

const bytesOf = (values: Numbers): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export const table = (fields: Readonly<Record<number, FlatNode | undefined>>): FlatNode => ({
  kind: 'table',
  fields: Object.fromEntries(Object.entries(fields).filter(([, node]) => node !== undefined)) as Record<
    number,
    FlatNode
  >,
});
export const tables = (items: readonly FlatNode[]): FlatNode => ({ kind: 'tables', items });
export const text = (value: string): FlatNode => ({ kind: 'text', text: value });
export const vector = (values: Numbers): FlatNode => ({
  kind: 'vector',
  bytes: bytesOf(values),
  widthBytes: values.BYTES_PER_ELEMENT,
});
export const int8 = (value: number): FlatNode => ({ kind: 'scalar', bytes: bytesOf(Int8Array.of(value)) });
export const int32 = (value: number): FlatNode => ({ kind: 'scalar', bytes: bytesOf(Int32Array.of(value)) });
export const float32 = (value: number): FlatNode => ({ kind: 'scalar', bytes: bytesOf(Float32Array.of(value)) });

/** Writes a table as the root of a file, every part after what points to it. */
export function writeFlatbuffer(root: FlatNode, identifier: string): Uint8Array {
  const bytes: number[] = [0, 0, 0, 0, ...Buffer.from(identifier, 'latin1')];
  const align = (to: number): void => {
    while (bytes.length % to !== 0) bytes.push(0);
  };
  const put = (at: number, value: number, size: number): void => {
    for (let i = 0; i < size; i++) bytes[at + i] = (value >>> (8 * i)) & 255;
  };
  const reserve = (size: number): number => {
    const at = bytes.length;
    for (let i = 0; i < size; i++) bytes.push(0);
    return at;
  };
  const write = (node: FlatNode): number => {
    switch (node.kind) {
      case 'text':
      case 'vector': {
        const content = node.kind === 'text' ? new TextEncoder().encode(`${node.text}\0`) : node.bytes;
        const count = node.kind === 'text' ? content.length - 1 : content.length / node.widthBytes;
        align(16);
        // The length lies before the values, which are aligned.
        const at = reserve(16) + 12;
        put(at, count, 4);
        for (const byte of content) bytes.push(byte);
        return at;
      }
      case 'tables': {
        align(4);
        const at = reserve(4 + 4 * node.items.length);
        put(at, node.items.length, 4);
        for (const [i, item] of node.items.entries()) put(at + 4 + 4 * i, write(item) - (at + 4 + 4 * i), 4);
        return at;
      }
      case 'table': {
        const count = Math.max(-1, ...Object.keys(node.fields).map(Number)) + 1;
        align(4);
        const fields = reserve(4 + 2 * count);
        align(8);
        const at = reserve(4);
        put(at, at - fields, 4);
        const places = new Map<number, number>();
        for (const [field, value] of Object.entries(node.fields)) {
          const size = value.kind === 'scalar' ? value.bytes.length : 4;
          align(size);
          places.set(Number(field), reserve(size));
          if (value.kind === 'scalar')
            for (const [i, byte] of value.bytes.entries()) bytes[places.get(Number(field))! + i] = byte;
        }
        put(fields, 4 + 2 * count, 2);
        put(fields + 2, bytes.length - at, 2);
        for (const [field, place] of places) put(fields + 4 + 2 * field, place - at, 2);
        for (const [field, value] of Object.entries(node.fields)) {
          const place = places.get(Number(field))!;
          if (value.kind !== 'scalar') put(place, write(value) - place, 4);
        }
        return at;
      }
      case 'scalar':
        throw new Error('a scalar stands in a table');
    }
  };
  put(0, write(root), 4);
  return Uint8Array.from(bytes);
}
