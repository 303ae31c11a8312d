import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { TokenizersCommandOptions } from './command-options.ts';
import { addJson, addPlugins } from './shared-options.ts';

export function addTokenizersCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('tokenizers')
    .summary('list the tokenizers that are installed')
    .description(
      'List the tokenizers that are installed, with token space, rates, latency, model size and licence. Plugins are looked for in --plugins folders, among the dependencies of the current folder, and among those of this program.',
    );
  addPlugins(command);
  addJson(command);
  command.action(async (options: TokenizersCommandOptions) => {
    const { listTokenizers } = await import('../plugins/list-tokenizers.ts');
    finish(await listTokenizers(context, options));
  });
}
