/** What a block character fills of its cell: parts of its width and of its height, from the left and from the top. */
export interface FilledPart {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const fromBelow = '▁▂▃▄▅▆▇█';
const fromLeft = '▏▎▍▌▋▊▉█';

/** The part that a block character fills; nothing for every other character. */
export function filledPart(character: string): FilledPart | undefined {
  const height = (fromBelow.indexOf(character) + 1) / 8;
  if (height > 0) return { left: 0, right: 1, top: 1 - height, bottom: 1 };
  const width = (fromLeft.indexOf(character) + 1) / 8;
  if (width > 0) return { left: 0, right: width, top: 0, bottom: 1 };
  if (character === '▀') return { left: 0, right: 1, top: 0, bottom: 0.5 };
  if (character === '▐') return { left: 0.5, right: 1, top: 0, bottom: 1 };
  return undefined;
}

/** Bits of a Braille character in Unicode, by column and row of its dots. */
const dotBits = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];

/** The dots of a Braille character; nothing for every other character. */
export function brailleDots(
  character: string,
): readonly { readonly column: number; readonly row: number }[] | undefined {
  const bits = (character.codePointAt(0) ?? 0) - 0x2800;
  if (bits < 0 || bits > 0xff) return undefined;
  return dotBits.flatMap((rows, column) => rows.flatMap((bit, row) => ((bits & bit) === 0 ? [] : [{ column, row }])));
}
