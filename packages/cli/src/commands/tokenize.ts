import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { TokenizeCommandOptions } from './command-options.ts';
import { addCodebooks, addJobs, addJson, addModels, addPlugins, addQuiet, addTokenOutput } from './shared-options.ts';

export function addTokenizeCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('tokenize')
    .summary('turn recordings into token files')
    .description(
      'Turn recordings into token files. Audio of any rate and channel count is converted to what the tokenizer takes.',
    )
    .argument('<files...>', 'recordings (WAV, FLAC, MP3, Ogg, Opus, AIFF) and folders of them; - reads standard input')
    .option('-t, --tokenizer <id>', 'tokenizer to use; the bundled one by default');
  addTokenOutput(command, 'recording');
  addCodebooks(command, 'how many codebooks to fill, coarse first; all by default');
  addModels(command);
  addPlugins(command);
  addJobs(command);
  addJson(command);
  addQuiet(command);
  command.addHelpText(
    'after',
    `
recording.wav becomes recording.tokens.safetensors. A file that is there already is never replaced
without --force. Several files go on when one fails; what failed is listed. Of a folder, all
recordings at any depth are taken, and --out gets the same folders; with --skip-existing, what was
interrupted goes on.

safetensors and json hold tokens with what they mean; npy holds the ids alone; ecdc is EnCodec's own
format, for its tokens at 24 kHz (2, 4, 8, 16 or 32 codebooks are 1.5, 3, 6, 12 or 24 kbit/s) and
48 kHz (2, 4, 8 or 16 are 3, 6, 12 or 24 kbit/s).

Examples:
  speech-tokens tokenize recording.wav
  speech-tokens tokenize recordings/*.flac --out tokens/ --jobs 4
  speech-tokens tokenize LibriSpeech/ --out tokens/ --skip-existing
  speech-tokens tokenize recording.wav --codebooks 4 --format json --out -
  speech-tokens tokenize recording.wav -t rvq:encodec-24khz --codebooks 8 --out recording.ecdc
  ffmpeg -i talk.mp4 -f wav - | speech-tokens tokenize - --out talk.tokens.safetensors`,
  );
  command.action(async (files: readonly string[], options: TokenizeCommandOptions) => {
    const { tokenizeFiles } = await import('../tokenize/tokenize-files.ts');
    finish(await tokenizeFiles(context, files, options));
  });
}
