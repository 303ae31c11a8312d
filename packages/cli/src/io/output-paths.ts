import { stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { SpeechTokensError } from '@speech-tokens/core';
import { UsageError } from '../exit-codes.ts';
import type { FoundFile } from './files-in-folders.ts';

/** Standard input or output. */
export const standardStream = '-';

export interface OutputRequest {
  readonly inputs: readonly FoundFile[];
  /** `--out`: a file, a folder, or `-`. */
  readonly out: string | undefined;
  readonly cwd: string;
  /** Name of the output of one input, without a folder. */
  readonly nameFor: (inputName: string) => string;
}

/** One input with the absolute path of its output, or `-`. */
export interface PlannedOutput {
  readonly input: string;
  readonly output: string;
}

/**
 * Where the outputs go: beside their inputs; with `--out` into that file, or into that folder (one that exists, ends in
 * a slash, or is given for several inputs), in the folders that inputs lie in within a folder that was named. Standard
 * input goes to standard output unless told otherwise.
 * @throws UsageError when two outputs would be the same, or when several inputs go to standard output
 */
export async function planOutputs(request: OutputRequest): Promise<readonly PlannedOutput[]> {
  const { inputs, out, cwd, nameFor } = request;
  if (out === standardStream) {
    if (inputs.length > 1) throw new UsageError('--out - takes one input: several files cannot share standard output');
    return [{ input: inputs[0]!.input, output: standardStream }];
  }
  const folder = await folderOf(out, inputs, cwd);
  const planned = inputs.map(({ input, within }): PlannedOutput => {
    const name = nameFor(input === standardStream ? 'stdin' : basename(input));
    if (folder !== undefined) return { input, output: join(folder, within ?? '', name) };
    if (out !== undefined) return { input, output: resolve(cwd, out) };
    if (input === standardStream) return { input, output: standardStream };
    return { input, output: join(dirname(resolve(cwd, input)), name) };
  });
  checkDistinct(planned, cwd);
  return planned;
}

async function folderOf(
  out: string | undefined,
  inputs: readonly FoundFile[],
  cwd: string,
): Promise<string | undefined> {
  if (out === undefined) return undefined;
  const path = resolve(cwd, out);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() || out.endsWith('/') || out.endsWith(sep)) return path;
  if (inputs.length === 1 && inputs[0]!.within === undefined) return undefined;
  if (found !== undefined) throw new UsageError(`--out ${out} is a file: several inputs need a folder`);
  return path;
}

function checkDistinct(planned: readonly PlannedOutput[], cwd: string): void {
  const owners = new Map<string, string>();
  const inputs = new Set(
    planned.filter(({ input }) => input !== standardStream).map(({ input }) => resolve(cwd, input)),
  );
  for (const { input, output } of planned) {
    if (output === standardStream) continue;
    const owner = owners.get(output);
    if (owner !== undefined) {
      throw new UsageError(`${owner} and ${input} would both be written to ${output}: rename one, or write them apart`);
    }
    if (inputs.has(output))
      throw new UsageError(`${output} is an input and would be overwritten: choose another --out`);
    owners.set(output, input);
  }
}

/** The name without its last extension, and without `.tokens` before that. */
export function stemOf(name: string): string {
  const stem = basename(name, extname(name));
  return stem.endsWith('.tokens') && stem.length > '.tokens'.length ? stem.slice(0, -'.tokens'.length) : stem;
}

/**
 * Whether an output may be written.
 * @param option how the user says where
 * @throws SpeechTokensError `file-write` when something is there and `--force` was not given
 */
export async function checkMayWrite(path: string, force: boolean, option = '--out'): Promise<void> {
  if (path === standardStream || force) return;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  throw new SpeechTokensError('file-write', {
    problem: `${path} is there already`,
    found: found.isDirectory() ? 'a folder' : `a file of ${found.size} bytes`,
    wanted: 'a new name',
    remedy: found.isDirectory()
      ? `Give ${option} another name`
      : `Add --force to replace it, or ${option} to write elsewhere`,
    details: { path },
  });
}

/** A path as one would type it in a folder: relative where it lies within it. */
export function shortPath(path: string, cwd: string): string {
  const fromHere = relative(cwd, path);
  return fromHere === '' || fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere;
}
