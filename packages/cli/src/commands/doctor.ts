import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { DoctorCommandOptions } from './command-options.ts';
import { addJson, addPlugins } from './shared-options.ts';

export function addDoctorCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('doctor')
    .summary('look for what may keep things from working')
    .description(
      'Look at Node.js, the inference library, plugins, model files, cache, settings and terminal, and say what to do about what is wrong. Ends with 1 when something is.',
    );
  addPlugins(command);
  addJson(command);
  command.action(async (options: DoctorCommandOptions) => {
    const { examine } = await import('../doctor/examine.ts');
    finish(await examine(context, options));
  });
}
