import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { TransformCommandOptions } from './command-options.ts';
import { addFirstCharacter, addJobs, addJson, addQuiet, addSteps, addTokenOutput } from './shared-options.ts';

export function addTransformCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('transform')
    .summary('write tokens in another way: flattened, repeats merged, byte pairs; or undo that')
    .description(
      'Write tokens in another way, without loss: codebooks as one stream, repeats once, frequent pairs as one token. The steps are taken in this order. --undo gives back the tokens as they were.',
    )
    .argument('<tokens...>', 'token files (.safetensors, .json, .ecdc) and folders of them; - reads standard input')
    .option('--bpe <file>', 'byte pairs, by the merges in this file: of `units fit-bpe`, or a tokenizer.json')
    .option('--undo', 'undo all of it; byte pairs need their --bpe');
  addTokenOutput(command, 'file');
  addSteps(command);
  addFirstCharacter(command);
  addJobs(command);
  addJson(command);
  addQuiet(command);
  command.addHelpText(
    'after',
    `
a.tokens.safetensors becomes a.flat.tokens.safetensors, a.merged…, a.bpe… or, undone, a.restored….
Merges of \`units fit-bpe\` know which steps come before them. What each file gains is printed.

Examples:
  speech-tokens transform units/*.safetensors --bpe units.bpe.safetensors --out pairs/
  speech-tokens transform pairs/*.safetensors --bpe units.bpe.safetensors --undo --out units-again/
  speech-tokens transform recording.tokens.safetensors --flatten --codebooks 4`,
  );
  command.action(async (files: readonly string[], options: TransformCommandOptions) => {
    const { transformFiles } = await import('../transform/transform-files.ts');
    finish(await transformFiles(context, files, options));
  });
}
