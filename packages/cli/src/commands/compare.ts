import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CompareCommandOptions } from './command-options.ts';
import { addJson, addModels, addPlugins, addQuiet, appended, integerList } from './shared-options.ts';

export function addCompareCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('compare')
    .summary('measure tokenizers beside each other on a recording')
    .description(
      'Encode and decode a recording with several tokenizers, or with several numbers of codebooks, and print bitrate, quality and speed beside each other. Quality is measured at 16 kHz, mono.',
    )
    .argument('<file>', 'a recording; - reads standard input')
    .option('-t, --tokenizer <id>', 'tokenizer to measure; repeatable', appended)
    .option(
      '--codebooks <list>',
      'numbers of codebooks to measure, such as 2,4,8; all of them by default',
      integerList,
    );
  addModels(command);
  addPlugins(command);
  addJson(command);
  addQuiet(command);
  command.addHelpText(
    'after',
    `
Examples:
  speech-tokens compare recording.wav --codebooks 2,4,8
  speech-tokens compare recording.wav --tokenizer rvq:speech-16khz --tokenizer other:codec --plugins ../my-codec`,
  );
  command.action(async (file: string, options: CompareCommandOptions) => {
    const { compareTokenizers } = await import('../compare/compare-tokenizers.ts');
    finish(await compareTokenizers(context, file, options));
  });
}
