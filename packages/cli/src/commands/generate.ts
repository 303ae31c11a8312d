import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { GenerateCommandOptions } from './command-options.ts';
import { addJson, addLanguageModel, addModels, addPlugins, addQuiet, seconds } from './shared-options.ts';

export function addGenerateCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('generate')
    .summary('let a speech language model say something')
    .description(
      'Let a speech language model say something: a text, in the voice of a recording, or its answer to one. What a model takes is its own; it says so where something is missing.',
    )
    .option('--text <text>', 'what it is to say')
    .option('--prompt <file>', 'a recording that it goes on from, in any format of tokenize; - reads standard input')
    .option('--prompt-text <text>', 'what is said in the recording')
    .option('--voice <name>', 'whose voice, of those that the model has')
    .option('--max-seconds <time>', 'stop after so much sound; until the model ends by default', seconds)
    .option('-o, --out <path>', 'WAV file to write, - for standard output', 'generated.wav')
    .option('--tokens-out <file>', 'write the tokens too (.safetensors, .json, .npy)');
  addLanguageModel(command, 'slm:small');
  addModels(command);
  addPlugins(command);
  addJson(command);
  addQuiet(command);
  command.addHelpText(
    'after',
    `
The sound is made by the codec that the model names. A file appears when it is whole, and after Ctrl-C
nothing is left; with --stream it grows as sound is made, and what is there stays. --out - always streams.
Text that the model writes as it speaks goes to standard error.

Examples:
  speech-tokens generate --prompt recording.wav --out continued.wav    # the bundled model: no download, no text
  speech-tokens generate --model slm:csm --text "Hello there." --weight-bits 8
  speech-tokens generate --model slm:csm --text "And then?" --prompt voice.wav --prompt-text "It was late."
  speech-tokens generate --model slm:moshi --prompt question.wav --out answer.wav
  speech-tokens generate --model slm:csm --text "Hello there." --out - | aplay
  speech-tokens models list                                       # the language models are slm:…`,
  );
  command.action(async (options: GenerateCommandOptions) => {
    const { generateSpeech } = await import('../language-models/generate-speech.ts');
    finish(await generateSpeech(context, options));
  });
}
