import { readFile } from 'node:fs/promises';
import { SpeechTokensError } from '@speech-tokens/core';

/** What an id of a SentencePiece model stands for. */
export interface SentencePiece {
  /** Its text, with `▁` for a space. */
  readonly piece: string;
  readonly kind: 'text' | 'byte' | 'silent';
}

/** Ids to text as they come, of one text. */
export interface PieceDecoder {
  /** The text that the id completes: empty for ids without text, and while the bytes of a character are not all there. */
  push(id: number): string;
}

/**
 * Reads the pieces of a SentencePiece model, in the order of their ids. Text cannot be made into ids with it.
 * Source: google/sentencepiece, src/sentencepiece_model.proto (`ModelProto.pieces`).
 * @throws SpeechTokensError `checkpoint-invalid`, `file-read`
 */
export async function openSentencePieces(path: string): Promise<readonly SentencePiece[]> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const problem = `${path} cannot be read`;
    const found = cause.code ?? cause.message;
    throw new SpeechTokensError('file-read', { problem, found, remedy: 'Check the path', details: { path }, cause });
  });
  return parseSentencePieces(bytes, path);
}

/** @throws SpeechTokensError `checkpoint-invalid` */
export function parseSentencePieces(bytes: Uint8Array, path: string): readonly SentencePiece[] {
  const pieces: SentencePiece[] = [];
  try {
    for (const { field, content } of fieldsOf(bytes)) {
      if (field === 1 && content instanceof Uint8Array) pieces.push(pieceOf(content));
    }
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw noPieces(path, cause.message);
  }
  if (pieces.length === 0) throw noPieces(path, 'no pieces');
  return pieces;
}

export function createPieceDecoder(pieces: readonly SentencePiece[]): PieceDecoder {
  let utf8 = new TextDecoder();
  return {
    push(id) {
      const { piece, kind } = pieces[id] ?? { piece: '', kind: 'silent' };
      if (kind === 'byte') return utf8.decode(Uint8Array.of(Number.parseInt(piece.slice(3, 5), 16)), { stream: true });
      if (kind === 'silent') return '';
      // Bytes that never became a character are one that is not known.
      const before = utf8.decode();
      utf8 = new TextDecoder();
      return before + piece.replaceAll('▁', ' ');
    },
  };
}

/** Values of `SentencePiece.Type`; 1 is normal, 4 defined by the user. */
const unknownType = 2;
const controlType = 3;
const unusedType = 5;
const byteType = 6;

function pieceOf(message: Uint8Array): SentencePiece {
  let piece = '';
  let type = 1;
  for (const { field, content } of fieldsOf(message)) {
    if (field === 1 && content instanceof Uint8Array) piece = new TextDecoder('utf-8', { fatal: true }).decode(content);
    if (field === 3 && typeof content === 'number') type = content;
  }
  if (type === byteType) {
    if (!/^<0x[0-9A-Fa-f]{2}>$/.test(piece)) throw new RangeError(`the byte ${JSON.stringify(piece.slice(0, 20))}`);
    return { piece, kind: 'byte' };
  }
  return { piece, kind: [unknownType, controlType, unusedType].includes(type) ? 'silent' : 'text' };
}

/**
 * The fields of a protobuf message. Of numbers, those that are varints are given; those of 4 and 8 bytes are skipped.
 * @throws RangeError
 */
function* fieldsOf(
  bytes: Uint8Array,
): Generator<{ readonly field: number; readonly content: Uint8Array | number | undefined }> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('an end within a number');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number of more than ten bytes');
  };
  const take = (count: number): Uint8Array => {
    if (count > bytes.length - at) throw new RangeError('an end within a field');
    at += count;
    return bytes.subarray(at - count, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { field, content: varint() };
        break;
      case 1:
        take(8);
        break;
      case 2:
        yield { field, content: take(varint()) };
        break;
      case 5:
        take(4);
        break;
      default:
        throw new RangeError(`a field of the wire type ${tag % 8}`);
    }
  }
}

function noPieces(path: string, found: string): SpeechTokensError<'checkpoint-invalid'> {
  return new SpeechTokensError('checkpoint-invalid', {
    problem: `${path} does not hold the pieces of a text tokenizer`,
    found,
    wanted: 'a model of SentencePiece',
    remedy: 'Use the file that lies beside the weights',
    details: { path },
  });
}
