/** A model of SentencePiece with these pieces. @param type as in its file: 1 normal, 2 unknown, 3 control, 6 byte */
export function sentencePieceModel(pieces: readonly { readonly piece: string; readonly type?: number }[]): Uint8Array {
  const messages = pieces.map(({ piece, type }) => {
    const text = new TextEncoder().encode(piece);
    const score = [0x15, 0, 0, 0x80, 0x3f];
    return [0x0a, text.length, ...text, ...score, ...(type === undefined ? [] : [0x18, type])];
  });
  const trainer = [0x12, 2, 0x08, 1];
  return Uint8Array.from([...messages.flatMap((message) => [0x0a, message.length, ...message]), ...trainer]);
}
