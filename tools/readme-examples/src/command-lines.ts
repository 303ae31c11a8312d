/** One call of the `speech-tokens` command in a README. */
export interface CommandLine {
  readonly args: readonly string[];
  /** Where standard output goes, as after `>`. */
  readonly outputFile?: string;
}

const beginnings: readonly (readonly string[])[] = [
  ['speech-tokens'],
  ['npx', 'speech-tokens'],
  ['npm', 'run', '-s', 'speech-tokens', '--'],
  ['npm', 'run', 'speech-tokens', '--'],
];

/**
 * The calls in a block of shell commands; comments and empty lines are left out.
 * @throws Error for anything but calls of `speech-tokens`: nothing else is run
 */
export function commandLines(code: string): readonly CommandLine[] {
  return code
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .map(parseLine);
}

function parseLine(line: string): CommandLine {
  const words = splitWords(line);
  const beginning = beginnings.find((parts) => parts.every((part, index) => words[index] === part));
  if (beginning === undefined) {
    throw new Error(`A block marked "sh run" may only call speech-tokens; found: ${line}`);
  }
  const args = words.slice(beginning.length);
  const arrow = args.indexOf('>');
  if (arrow < 0) return { args };
  const outputFile = args[arrow + 1];
  if (outputFile === undefined || args.length > arrow + 2) throw new Error(`One file has to follow ">": ${line}`);
  return { args: args.slice(0, arrow), outputFile };
}

function splitWords(line: string): readonly string[] {
  if (/[|&;$`\\<]/.test(line)) throw new Error(`Pipes, variables and escapes are not understood here: ${line}`);
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}
