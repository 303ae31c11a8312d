import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { FitKmeansCommandOptions } from './command-options.ts';
import { addJson, addQuiet, nonNegativeInteger, positiveInteger, share } from './shared-options.ts';

export function addSslCommand(program: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const ssl = program
    .command('ssl')
    .summary('make units of self-supervised encoders')
    .description('Make units of self-supervised encoders (HuBERT, WavLM, wav2vec 2.0, data2vec, w2v-BERT, Whisper).');

  const fit = ssl
    .command('fit-kmeans')
    .summary('train k-means centroids on the features of recordings')
    .description(
      'Train k-means centroids on the features that one layer of an encoder gives for recordings. Memory is bounded: of many recordings a fair sample of frames is kept.',
    )
    .argument('<audio...>', 'recordings (WAV, FLAC, MP3, Ogg, Opus, AIFF), or folders of them')
    .requiredOption(
      '--encoder <dir>',
      'folder of the encoder: config.json, preprocessor_config.json and weights, as on the Hugging Face hub',
    )
    .requiredOption(
      '--layer <l>',
      'layer whose features are clustered; 0 is what the first one takes',
      nonNegativeInteger,
    )
    .requiredOption('--clusters <k>', 'number of clusters, that is of units', positiveInteger)
    .requiredOption(
      '-o, --out <path>',
      'file of the centroids (.safetensors); or a folder, ending in /, that ssl:units reads',
    )
    .option(
      '--max-frames <n>',
      'frames kept in memory; 200 for each cluster, at least 50,000, by default',
      positiveInteger,
    )
    .option('--seed <text>', 'for other random choices', '0')
    .option('--restarts <n>', 'starts, of which the best is kept', positiveInteger, 1)
    .option('--iterations <n>', 'passes over the kept frames for each start, at most', positiveInteger, 300)
    .option('--tolerance <share>', 'when a start has come to rest (see the README)', share, 1e-4)
    .option(
      '--batch <n>',
      'mini-batches of so many frames; by default all kept frames at once (Lloyd)',
      positiveInteger,
    )
    .option('--threads <n>', 'threads for the encoder and for k-means', positiveInteger)
    .option('--keep-every <minutes>', 'how often the state is saved while it runs', nonNegativeInteger, 5)
    .option('--fresh', 'do not go on where an interrupted run stopped')
    .option('--force', 'replace files that are there already');
  addJson(fit);
  addQuiet(fit);
  fit.addHelpText(
    'after',
    `
Every five minutes, and at Ctrl-C, OUT.state.safetensors is written (the kept frames, and where the
training stands): the same command goes on from there and ends with the same centroids. It is removed
when the centroids are written. Recordings that cannot be read are listed and left out.

Examples:
  speech-tokens ssl fit-kmeans corpus/ --encoder hubert-base --layer 6 --clusters 100 --out km100.safetensors
  speech-tokens ssl fit-kmeans corpus/ --encoder wavlm-base --layer 9 --clusters 500 --out my-units/
  speech-tokens tokenize recording.wav --tokenizer ssl:units --checkpoint my-units`,
  );
  fit.action(async (audio: readonly string[], options: FitKmeansCommandOptions) => {
    const { fitKmeans } = await import('../ssl/fit-kmeans.ts');
    finish(await fitKmeans(context, audio, options));
  });
}
