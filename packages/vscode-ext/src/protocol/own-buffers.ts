interface TypedArray extends ArrayBufferView {
  readonly [Symbol.toStringTag]: string;
}

/**
 * The same data with typed arrays that own the whole of their buffers. Sent as it is, a part of a larger buffer would take
 * all of it along, or arrive as its start; and a `Buffer` of Node.js would arrive at a page as a plain object.
 */
export function ownBuffers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? value : owned(value as unknown as TypedArray);
  if (Array.isArray(value)) return value.map(ownBuffers);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, ownBuffers(item)]));
}

function owned(view: TypedArray): TypedArray {
  const isWhole = view.byteOffset === 0 && view.byteLength === view.buffer.byteLength;
  // What extends a typed array (Node's Buffer) becomes a plain one.
  const isPlain = Object.getPrototypeOf(Object.getPrototypeOf(Object.getPrototypeOf(view))) === Object.prototype;
  if (isWhole && isPlain) return view;
  const bytes = new Uint8Array(view.byteLength);
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const Plain = plainConstructors.get(view[Symbol.toStringTag]) ?? Uint8Array;
  return new Plain(bytes.buffer);
}

const plainConstructors: ReadonlyMap<string, new (buffer: ArrayBuffer) => TypedArray> = new Map(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((plain) => [plain.name, plain]),
);
