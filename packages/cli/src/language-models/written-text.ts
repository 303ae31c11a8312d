/** Text that a model writes in pieces, as lines for people. */
export interface WrittenText {
  add(text: string): void;
  /** What has not become a line. */
  flush(): void;
  /** All of it. */
  whole(): string;
}

/** A line ends with a sentence, or where it is long. */
export function createWrittenText(print: (line: string) => void): WrittenText {
  let line = '';
  let whole = '';
  const flush = (): void => {
    if (line.trim() !== '') print(line.trim());
    line = '';
  };
  return {
    add(text) {
      whole += text;
      line += text;
      if (/[.!?…]\s*$|\n/.test(line) || line.length > 100) flush();
    },
    flush,
    whole: () => whole,
  };
}
