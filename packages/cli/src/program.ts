import { Command } from 'commander';
import { addCheckCommand } from './commands/check.ts';
import { addCompareCommand } from './commands/compare.ts';
import { addConverseCommand } from './commands/converse.ts';
import { addDetokenizeCommand } from './commands/detokenize.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addGenerateCommand } from './commands/generate.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addModelsCommand } from './commands/models.ts';
import { addSslCommand } from './commands/ssl.ts';
import { addTokenizeCommand } from './commands/tokenize.ts';
import { addTokenizersCommand } from './commands/tokenizers.ts';
import { addTransformCommand } from './commands/transform.ts';
import { addUnitsCommand } from './commands/units.ts';
import type { CliContext } from './context.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { cliVersion } from './version.ts';

/** What a command does when it is called; what it returns is the exit code of the run. */
export type CommandAdder = (program: Command, context: CliContext, finish: (code: ExitCode) => void) => void;

/** In the order of the help. Each declares its options here and loads its work when it is called. */
const commands: readonly CommandAdder[] = [
  addTokenizeCommand,
  addDetokenizeCommand,
  addInspectCommand,
  addCompareCommand,
  addTransformCommand,
  addUnitsCommand,
  addGenerateCommand,
  addConverseCommand,
  addTokenizersCommand,
  addModelsCommand,
  addSslCommand,
  addCheckCommand,
  addDoctorCommand,
];

export function createProgram(context: CliContext, finish: (code: ExitCode) => void): Command {
  const program = new Command('speech-tokens')
    .description('Speech tokens from a shell: from a recording to tokens, to a picture, and back to sound.')
    .version(cliVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or that of a command')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      getOutHelpWidth: () => Math.min(110, context.out.capabilities.width),
      getErrHelpWidth: () => Math.min(110, context.err.capabilities.width),
      getOutHasColors: () => context.out.capabilities.colourDepth > 1,
      getErrHasColors: () => context.err.capabilities.colourDepth > 1,
    })
    .configureHelp({
      styleTitle: (text) => context.out.painter.bold(text),
      styleCommandText: (text) => context.out.painter.accent(text),
      styleSubcommandText: (text) => context.out.painter.accent(text),
      styleOptionText: (text) => context.out.painter.accent(text),
    })
    .showHelpAfterError('Run it with --help to see how it is used.');
  for (const add of commands) add(program, context, finish);
  program.addHelpText(
    'after',
    `
Examples:
  speech-tokens inspect recording.wav
  speech-tokens tokenize recording.wav
  speech-tokens detokenize recording.tokens.safetensors --codebooks 4
  speech-tokens compare recording.wav --codebooks 2,4,8

Exit codes: ${exitCodes.ok} done, ${exitCodes.failed} failed, ${exitCodes.usage} wrong usage, ${exitCodes.partlyFailed} some of several files failed, ${exitCodes.interrupted} Ctrl-C.`,
  );
  return program;
}
