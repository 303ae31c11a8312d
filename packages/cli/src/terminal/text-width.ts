import { stripVTControlCharacters } from 'node:util';

/** Ranges of East Asian wide characters and of pictographs, which take two columns. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{1f1e6}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const segmenter = new Intl.Segmenter();

/** Columns that a text takes in a terminal; styles take none. */
export function textWidth(text: string): number {
  const bare = stripVTControlCharacters(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: plain ASCII is the quick case
  if (/^[\u0000-\u007f]*$/.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of segmenter.segment(bare)) width += wide.test(segment) ? 2 : 1;
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

/** Shortens an unstyled text to at most `width` columns: the end stays, for it tells file names apart. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const parts = [...segmenter.segment(text)].map(({ segment }) => segment);
  let kept = '';
  while (parts.length > 0) {
    const next = parts.pop()! + kept;
    if (textWidth(next) > width - 1) break;
    kept = next;
  }
  return `…${kept}`;
}

/** Text from outside (file names, names from plugins and token files) that cannot steer the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
