/** One array of several; the one itself where there is just one, or where the others are empty. */
export function joined<Values extends Float32Array | Uint32Array | Int32Array>(parts: readonly Values[]): Values {
  const filled = parts.filter((part) => part.length > 0);
  if (filled.length <= 1) return filled[0] ?? parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const ArrayOfKind = parts[0]!.constructor as new (length: number) => Values;
  const result = new ArrayOfKind(length);
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
