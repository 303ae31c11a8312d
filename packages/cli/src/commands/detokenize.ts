import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { DetokenizeCommandOptions } from './command-options.ts';
import {
  addCodebooks,
  addFirstCharacter,
  addJobs,
  addJson,
  addModels,
  addPlugins,
  addQuiet,
} from './shared-options.ts';

export function addDetokenizeCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('detokenize')
    .summary('turn token files back into sound')
    .description('Turn token files back into sound. The decoder is found by the token space that the file names.')
    .argument(
      '<tokens...>',
      'token files (.safetensors, .json, .npy, .ecdc) and folders of them; - reads standard input',
    )
    .option('-t, --tokenizer <id>', 'whose tokens they are; needed for .npy alone, which does not say')
    .option('-o, --out <path>', 'file or folder to write to, - for standard output; beside each token file by default')
    .option('--bpe <file>', 'the merges of tokens that are byte pairs')
    .option('--speaker <name>', 'whose voice, where the decoder has several: a name of its own, or a number from 0')
    .option('--language <name>', 'in what language, where the decoder has several: a name or a number')
    .option('--float', '32-bit float samples instead of 16-bit integers')
    .option('--force', 'replace files that are there already');
  addCodebooks(command, 'how many of the codebooks to use, coarse first; all by default');
  addFirstCharacter(command);
  addModels(command);
  addPlugins(command);
  addJobs(command);
  addJson(command);
  addQuiet(command);
  command.addHelpText(
    'after',
    `
recording.tokens.safetensors becomes recording.decoded.wav. A file that is there already is never
replaced without --force. Of a folder, what ends in .tokens.safetensors, .tokens.json, .tokens.npy or
.ecdc is taken, at any depth, and --out gets the same folders.

A decoder says which speakers and languages it has when it is given another one.

An .ecdc file names its model, but not the weights: those of --checkpoint, or the published ones.

Examples:
  speech-tokens detokenize recording.tokens.safetensors
  speech-tokens detokenize recording.ecdc
  speech-tokens detokenize units.tokens.safetensors --speaker june
  speech-tokens detokenize recording.tokens.safetensors --codebooks 2 --out two-codebooks.wav
  speech-tokens tokenize recording.wav --out - | speech-tokens detokenize - --out - | aplay`,
  );
  command.action(async (files: readonly string[], options: DetokenizeCommandOptions) => {
    const { detokenizeFiles } = await import('../detokenize/detokenize-files.ts');
    finish(await detokenizeFiles(context, files, options));
  });
}
