/** Texts in the language of the user, by the English ones; `{0}`, `{1}`, … stand for what comes in there. */
export type Texts = { readonly [english: string]: string };

let texts: Texts = {};

/** Said once at the start of each program: the host has them from the editor, and tells the page and the process. */
export function setTexts(translated: Texts | undefined): void {
  texts = translated ?? {};
}

/** A text in the language of the user; in English where there is none. */
export function t(english: string, ...values: readonly (string | number)[]): string {
  return (texts[english] ?? english).replace(/\{(\d)\}/g, (whole, index) => String(values[Number(index)] ?? whole));
}
