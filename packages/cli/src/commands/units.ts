import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { FitBpeCommandOptions } from './command-options.ts';
import { addFirstCharacter, addJson, addQuiet, addSteps, positiveInteger } from './shared-options.ts';

export function addUnitsCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const units = program
    .command('units')
    .summary('learn from units: byte pairs')
    .description('Learn from the units of many recordings.');

  const fitBpe = units
    .command('fit-bpe')
    .summary('learn which units often follow each other, and make them one token')
    .description(
      'Learn byte pairs from token files: the most frequent pair of neighbours becomes a token, again and again, as in Hugging Face tokenizers. Writes the merges, and prints what they gain.',
    )
    .argument(
      '<tokens...>',
      'token files (.safetensors, .json, .ecdc) of one tokenizer, one recording each, and folders of them',
    )
    .requiredOption('--vocabulary <n>', 'ids that are wanted: those of the units, and of tokens', positiveInteger)
    .requiredOption('-o, --out <file>', 'merges to write: .safetensors, or .json for a tokenizer.json')
    .option('--min-frequency <n>', 'how often a pair must occur', positiveInteger, 2)
    .option('--max-units <n>', 'units that a token may stand for', positiveInteger)
    .option('--force', 'replace a file that is there already');
  addSteps(fitBpe);
  addFirstCharacter(fitBpe);
  addJson(fitBpe);
  addQuiet(fitBpe);
  fitBpe.addHelpText(
    'after',
    `
Units that often repeat (HuBERT and its kin) are best taken with --merge-repeats, codecs of several
codebooks with --flatten. How much shorter the tokens get is printed: for codecs it may be next to nothing.

Examples:
  speech-tokens units fit-bpe units/*.safetensors --merge-repeats --vocabulary 5000 --out units.bpe.safetensors
  speech-tokens units fit-bpe codes/*.safetensors --flatten --vocabulary 20000 --out tokenizer.json
  speech-tokens transform units/*.safetensors --bpe units.bpe.safetensors --out pairs/`,
  );
  fitBpe.action(async (files: readonly string[], options: FitBpeCommandOptions) => {
    const { fitBpe: fit } = await import('../units/fit-bpe.ts');
    finish(await fit(context, files, options));
  });
}
