import type { TextTokenizer } from '../../src/index.ts';

/** A tokenizer of named tokens, and of characters by their code points; with a begin unless it shall be bare. */
export function namedTokens(names: ReadonlyMap<string, number>, beginId: number): TextTokenizer {
  const namesById = new Map([...names].map(([name, id]) => [id, name]));
  return {
    encode(text, { bare = false } = {}) {
      const pieces = text.split(/(<[^<>]+>)/u);
      const ids = pieces.flatMap(
        (piece) => names.get(piece) ?? [...piece].map((character) => character.codePointAt(0)!),
      );
      return bare ? ids : [beginId, ...ids];
    },
    decode: (ids) => ids.map((id) => (namesById.has(id) ? '' : String.fromCodePoint(id))).join(''),
    idOf: (token) => names.get(token),
  };
}

/** Names that stand side by side from an id on. */
export function namesFrom(firstId: number, count: number, name: (index: number) => string): [string, number][] {
  return Array.from({ length: count }, (_, index) => [name(index), firstId + index]);
}

export const codes = (text: string): number[] => [...text].map((character) => character.codePointAt(0)!);
