import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ModelOptions } from '../plugins/load-component.ts';

export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface PluginOptions {
  /** Folders of plugins, or of projects whose dependencies are looked at. */
  readonly plugins?: readonly string[];
}

export interface OutputOptions {
  readonly out?: string;
  readonly force?: boolean;
}

export interface JobOptions {
  readonly jobs: number;
  readonly skipExisting?: boolean;
}

export function addJson(command: Command): Command {
  return command.option('--json', 'print one JSON document on standard output (see the README for its fields)');
}

export function addQuiet(command: Command): Command {
  return command.option('-q, --quiet', 'no progress and no summary on standard error; errors stay');
}

export function addPlugins(command: Command): Command {
  return command.option(
    '--plugins <dir>',
    'look for plugins here too: a plugin, or a project that depends on some; repeatable',
    appended,
  );
}

/** For options that may be given several times. */
export function appended(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function addModels(command: Command): Command {
  return command
    .option('--checkpoint <dir>', 'folder whose files stand in for the model’s own (fine-tuned weights)')
    .option('--threads <n>', 'threads for each model', positiveInteger)
    .option('-y, --yes', 'agree to downloads of models without being asked')
    .option('--offline', 'never touch the network');
}

/**
 * Which language model runs, and how it chooses.
 * @param bundledId the one that runs where none is named; without it one must be
 */
export function addLanguageModel(command: Command, bundledId?: string): Command {
  const named =
    bundledId === undefined
      ? command.requiredOption('-m, --model <id>', 'language model to use, for example slm:csm')
      : command.option('-m, --model <id>', 'language model to use; the bundled one by default', bundledId);
  return named
    .option('--codec-checkpoint <dir>', 'folder whose files stand in for those of the model’s codec')
    .option('--weight-bits <n>', 'quantize the matrices of the model to 4 or 8 bits as it is loaded', weightBits)
    .option('--seed <text>', 'what is chosen at random follows from it', '0')
    .option('--temperature <t>', 'the model’s own by default; 0 takes what is most probable', nonNegativeNumber)
    .option('--top-k <k>', 'choose among the k most probable ids', positiveInteger)
    .option('--top-p <p>', 'choose among the most probable ids that have this probability together', probability)
    .option('--stream', 'write sound as it is made; a file may then be heard before it is whole')
    .option('--float', '32-bit float samples instead of 16-bit integers')
    .option('--force', 'replace files that are there already');
}

function weightBits(text: string): 4 | 8 {
  if (text === '4') return 4;
  if (text === '8') return 8;
  throw new InvalidArgumentError('It has to be 4 or 8.');
}

export function addJobs(command: Command): Command {
  const count = Math.max(1, Math.min(4, Math.floor(availableParallelism() / 2)));
  return command
    .option('--jobs <n>', 'files to work on at the same time', positiveInteger, count)
    .option('--skip-existing', 'leave out files whose result is there already');
}

export function addCodebooks(command: Command, description: string): Command {
  return command.option('--codebooks <k>', description, positiveInteger);
}

/** @param each what the files are made of, one by one */
export function addTokenOutput(command: Command, each: string): Command {
  return command
    .option('-o, --out <path>', `file or folder to write to, - for standard output; beside each ${each} by default`)
    .addOption(
      new Option('-f, --format <format>', 'by the ending of --out, else safetensors').choices([
        'safetensors',
        'json',
        'npy',
        'ecdc',
      ]),
    )
    .option('--force', 'replace files that are there already');
}

/** How tokens become units for byte pairs. */
export function addSteps(command: Command): Command {
  addCodebooks(command, 'take only so many codebooks, coarse first');
  return command
    .option('--flatten', 'write all codebooks as one stream of ids, frame by frame')
    .addOption(
      new Option('--id-offsets <how>', 'with --flatten: ids of each codebook, or of each slot, after those before')
        .choices(['codebook', 'slot', 'none'])
        .default('codebook'),
    )
    .option('--merge-repeats', 'write an id that repeats once, with its length');
}

export function addFirstCharacter(command: Command): Command {
  return command.option(
    '--first-character <code>',
    'of a tokenizer.json: the character that stands for unit 0 (default: U+4E00; codec-bpe also takes U+E000)',
    codePoint,
  );
}

/** `U+4E00`, `0x4E00`, `19968`. */
function codePoint(text: string): number {
  const value = Number(text.replace(/^U\+/i, '0x'));
  if (!Number.isSafeInteger(value) || value < 0x4e00 || value > 0x10ffff)
    throw new InvalidArgumentError('It has to be a code point of U+4E00 or later.');
  return value;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It has to be an integer of 1 or more.');
  return value;
}

export function nonNegativeInteger(text: string): number {
  return text.trim() === '0' ? 0 : positiveInteger(text);
}

/** A number from 0 to below 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError('It has to be a number from 0 to below 1.');
  }
  return value;
}

/** A number of 0 or more. */
function nonNegativeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new InvalidArgumentError('It has to be a number of 0 or more.');
  }
  return value;
}

/** A number above 0, up to 1. */
function probability(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('It has to be a number above 0, up to 1.');
  return value;
}

/** `8,4,2`: distinct integers of 1 or more. */
export function integerList(text: string): readonly number[] {
  return [...new Set(text.split(',').map((part) => positiveInteger(part.trim())))];
}

/** A time: `1.5`, or `2:03.5`, or `1:02:03`. */
export function seconds(text: string): number {
  if (!/^(\d+:){0,2}\d+(\.\d+)?$/.test(text)) {
    throw new InvalidArgumentError('It has to be a time such as 1.5 (seconds) or 2:03.5.');
  }
  return text.split(':').reduce((total, part) => 60 * total + Number(part), 0);
}

export type AnyModelOptions = ModelOptions & PluginOptions;
