import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { ConverseCommandOptions } from './command-options.ts';
import { addJson, addLanguageModel, addModels, addPlugins, addQuiet, seconds } from './shared-options.ts';

export function addConverseCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('converse')
    .summary('let a model hear a recording while it speaks')
    .description(
      'Let a full-duplex model hear a recording as if it came from a microphone, and speak at the same time.',
    )
    .argument('<file>', 'recording (WAV, FLAC, MP3, Ogg, Opus, AIFF); - reads standard input')
    .option('-o, --out <path>', 'WAV file of the answer, - for standard output; beside the recording by default')
    .option('--log <file>', 'write what happens at each step, as JSON lines')
    .option('--realtime', 'hear the recording as fast as it was spoken, and say how far the model falls behind')
    .option('--tail <time>', 'silence that is heard after the recording, in which it may answer', seconds, 0);
  addLanguageModel(command);
  addModels(command);
  addPlugins(command);
  addJson(command);
  addQuiet(command);
  command.addHelpText(
    'after',
    `
recording.wav becomes recording.answer.wav: as long as the recording and its tail, sample by sample beside
it, so that both can be played at once. Until the first step that speaks, it is silent. A file appears when
it is whole, with --stream as it is made.

Each line of the log is a step: the second of the conversation at which it begins, how long it took, the
text, and which samples of the answer it gave. Lines are written as they come and stay after Ctrl-C.

Examples:
  speech-tokens converse --model slm:moshi question.wav --tail 5 --weight-bits 8
  speech-tokens converse --model slm:moshi question.wav --out answer.wav --log steps.jsonl --realtime
  speech-tokens converse --model slm:moshi question.wav --out - | aplay`,
  );
  command.action(async (file: string, options: ConverseCommandOptions) => {
    const { converseWithRecording } = await import('../language-models/converse.ts');
    finish(await converseWithRecording(context, file, options));
  });
}
