import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type ExitCode, UsageError } from '../exit-codes.ts';
import type { InspectCommandOptions } from './command-options.ts';
import { addCodebooks, addJson, addModels, addPlugins, addQuiet, appended, seconds } from './shared-options.ts';

export function addInspectCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const command = program
    .command('inspect')
    .summary('draw a recording or a token file in the terminal, with figures')
    .description(
      'Draw a recording and its tokens in the terminal: waveform, one lane for each codebook on one time axis (a colour for each id), and for each codebook its rate, bitrate, code usage, entropy and longest run.',
    )
    .argument('<file>', 'a recording or a token file; - reads standard input')
    .option('-t, --tokenizer <id>', 'tokenizer to use; repeatable, drawn under each other', appended)
    .option('--start <time>', 'draw from here on (seconds, or 1:23.4)', seconds)
    .option('--end <time>', 'draw until here', seconds)
    .option('--report <file>', 'write a page to open in a browser, with pictures and sound, in place of drawing')
    .option('--force', 'replace the report that is there already');
  addCodebooks(command, 'how many codebooks, coarse first; all by default');
  addModels(command);
  addPlugins(command);
  addJson(command);
  addQuiet(command);
  command.addHelpText(
    'after',
    `
The picture is as wide as the terminal. Where a token is wide enough, its id is written on it:
try --start and --end.

Examples:
  speech-tokens inspect recording.wav
  speech-tokens inspect recording.wav --start 0.4 --end 0.8
  speech-tokens inspect recording.tokens.safetensors --json
  speech-tokens inspect recording.wav --report recording.html`,
  );
  command.action(async (file: string, options: InspectCommandOptions) => {
    if (options.report !== undefined) {
      if (options.json === true) throw new UsageError('--report and --json are two forms of one answer: choose one');
      const { writeReport } = await import('../report/write-report.ts');
      finish(await writeReport(context, file, options));
      return;
    }
    const { inspectFile } = await import('../inspect/inspect-file.ts');
    finish(await inspectFile(context, file, options));
  });
}
