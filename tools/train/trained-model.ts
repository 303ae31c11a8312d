/** What the scripts that make a trained model the bundled one share: they read its folder, copy it, and write down its hashes. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/** A file with its size and hash, as a store of models gives it. */
export interface TrainedFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export async function describeFile(path: string): Promise<TrainedFile> {
  const bytes = await readFile(path);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
}

/** The folder that the command names; without one, the process ends with its usage. `content`: what such a folder holds. */
export function folderArgument(content: string): string {
  const [, script, folder] = process.argv;
  if (folder !== undefined) return resolve(folder);
  console.error(`usage: ${basename(script ?? '')} FOLDER   (${content})`);
  process.exit(2);
}

/** `config.json` and `model.safetensors` of a folder that also has a model card. */
export async function readTrainedModel(
  folder: string,
  maximumWeightsBytes: number,
): Promise<{ config: TrainedFile; weights: TrainedFile }> {
  const config = await describeFile(join(folder, 'config.json'));
  const weights = await describeFile(join(folder, 'model.safetensors'));
  await describeFile(join(folder, 'README.md'));
  if (weights.sizeBytes > maximumWeightsBytes) {
    throw new Error(`model.safetensors has ${weights.sizeBytes} bytes; at most ${maximumWeightsBytes} are shipped`);
  }
  return { config, weights };
}

/** Copies files of a trained model to the folder that it is shipped from. */
export async function copyModel(folder: string, target: URL, names: readonly string[]): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const name of names) await cp(join(folder, name), new URL(name, target));
}

/** Copies what a trained model computes to the file that the tests compare with. */
export async function copyGolden(folder: string, target: URL): Promise<void> {
  await mkdir(new URL('.', target), { recursive: true });
  await cp(join(folder, 'golden.safetensors'), target);
}

/** The two fields of a file in the source that names what ships. */
export function fileLine(key: string, { sha256, sizeBytes }: TrainedFile, indent = '  '): string {
  return `${indent}${key}: {\n${indent}  sha256: '${sha256}',\n${indent}  sizeBytes: ${sizeBytes},\n${indent}},`;
}
