/** A fenced block of code in a Markdown file. */
export interface CodeBlock {
  /** What the opening fence says first, for example `ts`. */
  readonly language: string;
  /** The other words of the opening fence, for example `no-run`. */
  readonly words: readonly string[];
  /** Line of its first line of code in the file, from 1. */
  readonly line: number;
  readonly code: string;
}

/**
 * The fenced blocks of a Markdown text, in order. A fence inside of a list may be indented: so much is taken off its
 * code.
 * @throws Error where a block is not closed
 */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const lines = markdown.split(/\r?\n/);
  const blocks: CodeBlock[] = [];
  let open: { indent: number; fence: string; info: string; line: number; code: string[] } | undefined;
  for (const [index, line] of lines.entries()) {
    if (open === undefined) {
      const [, indent = '', fence, info = ''] = /^(\s*)(`{3,}|~{3,})([^`]*)$/.exec(line) ?? [];
      if (fence !== undefined) open = { indent: indent.length, fence, info, line: index + 2, code: [] };
    } else if (isClosing(line, open.fence)) {
      const [language = '', ...words] = open.info.trim().split(/\s+/);
      blocks.push({ language, words, line: open.line, code: open.code.join('\n') });
      open = undefined;
    } else {
      open.code.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    }
  }
  if (open !== undefined) throw new Error(`The block of code that opens on line ${open.line - 1} is not closed.`);
  return blocks;
}

function isClosing(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === fence.charAt(0).repeat(text.length);
}

/** Programs: every `ts` block that does not say `no-run`. */
export function isProgram(block: CodeBlock): boolean {
  return block.language === 'ts' && !block.words.includes('no-run');
}

/** Commands that say `run`. */
export function isCommands(block: CodeBlock): boolean {
  return block.language === 'sh' && block.words.includes('run');
}
