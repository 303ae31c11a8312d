import { extname } from 'node:path';
import { type BytePairMerges, bytePairsToTokenizerJson, type TokenSpace } from '@speech-tokens/core';
import { writeFileAtomically, writeMergesFile } from '@speech-tokens/core/node';
import { UsageError } from '../exit-codes.ts';
import { ensureFolder } from '../io/ensure-folder.ts';
import { cliVersion } from '../version.ts';

export type MergesFormat = 'merges' | 'tokenizer.json';

/** By the ending of `--out`. @throws UsageError */
export function mergesFormatOf(out: string): MergesFormat {
  const ending = extname(out).toLowerCase();
  if (ending === '.safetensors') return 'merges';
  if (ending === '.json') return 'tokenizer.json';
  throw new UsageError(`--out ${out} has to end in .safetensors (merges) or .json (a tokenizer.json)`);
}

export interface MergesToWrite {
  readonly merges: BytePairMerges;
  /** Of the units. */
  readonly tokenSpace: TokenSpace;
  readonly firstCodePoint: number | undefined;
}

/**
 * The file of some merges, ready to be written: whatever is wrong with it comes out before.
 * @throws SpeechTokensError `argument-invalid`, `merges-invalid` for merges that a tokenizer.json cannot hold
 */
export function prepareMerges(
  format: MergesFormat,
  { merges, tokenSpace, firstCodePoint }: MergesToWrite,
): { readonly warnings: readonly string[]; writeTo(path: string): Promise<void> } {
  if (format === 'merges') {
    return {
      warnings: [],
      async writeTo(path) {
        await ensureFolder(path);
        await writeMergesFile(path, { merges, tokenSpace, generator: `speech-tokens ${cliVersion()}` });
      },
    };
  }
  const { text, warnings } = bytePairsToTokenizerJson(merges, firstCodePoint === undefined ? {} : { firstCodePoint });
  return {
    warnings: warnings.map(({ message }) => message),
    async writeTo(path) {
      await ensureFolder(path);
      await writeFileAtomically(path, (sink) => sink.write(new TextEncoder().encode(text)));
    },
  };
}
