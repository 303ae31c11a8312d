import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CheckCommandOptions } from './command-options.ts';
import { addJson, addModels, addPlugins, addQuiet } from './shared-options.ts';

export function addCheckCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('check')
    .summary('hold a plugin against the contract')
    .description(
      'Run the conformance kit on every tokenizer and detokenizer of a plugin and print a report: streaming equals the whole, declared latency, reset, saved state, prefix of codebooks, abort, errors and more. Ends with 1 when a check fails.',
    )
    .argument('<plugin>', 'name of an installed package, or the folder of one')
    .argument('[ids...]', 'check these tokenizers and detokenizers only; all by default, downloaded if need be');
  addModels(command);
  addPlugins(command);
  addJson(command);
  addQuiet(command);
  command.addHelpText(
    'after',
    `
Examples:
  speech-tokens check @speech-tokens/codec-rvq rvq:speech-16khz
  speech-tokens check ./my-plugin --json`,
  );
  command.action(async (plugin: string, ids: readonly string[], options: CheckCommandOptions) => {
    const { checkPlugin } = await import('../check/check-plugin.ts');
    finish(await checkPlugin(context, plugin, ids, options));
  });
}
