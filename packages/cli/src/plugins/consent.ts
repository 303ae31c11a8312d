import { createInterface } from 'node:readline/promises';
import type { ModelStoreOptions } from '@speech-tokens/core/node';
import type { CliContext } from '../context.ts';
import { formatBytes } from '../terminal/figures.ts';
import { printable } from '../terminal/text-width.ts';

/**
 * Asks at the terminal before each download, with size and licence; `--yes` agrees without asking. Where there is no
 * one to ask the answer is no, and the store's error says how to agree.
 */
export function createConsent(context: CliContext, agreesToAll: boolean): NonNullable<ModelStoreOptions['consent']> {
  const { stdin, stderr, err } = context;
  // One question at a time.
  let earlier: Promise<unknown> = Promise.resolve();
  return ({ url, sizeBytes, licence, name }, { signal }) => {
    const answer = earlier.then(async () => {
      const size = sizeBytes === undefined ? 'size unknown' : formatBytes(sizeBytes);
      context.report(`${err.painter.bold(printable(name))}  ${size}, licence ${printable(licence)}`);
      context.report(err.painter.dim(`  from ${printable(url)}`));
      if (agreesToAll) return true;
      if (stdin.isTTY !== true || stderr.isTTY !== true) return false;
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        const text = await lines.question('Download it? [y/N] ', signal === undefined ? {} : { signal });
        return /^y(es)?$/i.test(text.trim());
      } finally {
        lines.close();
      }
    });
    earlier = answer.catch(() => {});
    return answer;
  };
}
