import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SpeechTokensError } from '@speech-tokens/core';
import {
  type ComponentRegistry,
  createComponentRegistry,
  type FoundPlugin,
  findPlugins,
} from '@speech-tokens/core/node';
import type { CliContext } from '../context.ts';

/** The tokenizer that is used where none is named: the bundled one. */
export const defaultTokenizerId = 'rvq:speech-16khz';

/** The folder of this package: its own dependencies are looked at like anyone's. */
const ownDirectory = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Where plugins are looked for, first come first: packages and folders named with `--plugins`, the dependencies of the
 * current folder, the dependencies of this package.
 * @throws SpeechTokensError `plugin-not-found` when one of the named folders is none
 */
export async function pluginDirectories(
  context: CliContext,
  pluginFolders: readonly string[] = [],
): Promise<{ readonly packages: readonly string[]; readonly directories: readonly string[] }> {
  const packages: string[] = [];
  const directories: string[] = [];
  for (const folder of pluginFolders) {
    const path = resolve(context.cwd, folder);
    ((await isPlugin(path, folder)) ? packages : directories).push(path);
  }
  directories.push(context.cwd, ownDirectory);
  return { packages, directories };
}

/** The plugins that this run can use. None of their code has run. */
export async function findInstalledPlugins(
  context: CliContext,
  pluginFolders: readonly string[] | undefined,
): Promise<readonly FoundPlugin[]> {
  return findPlugins({ ...(await pluginDirectories(context, pluginFolders)), signal: context.signal });
}

/** Their components, by kind and id. */
export async function findComponents(
  context: CliContext,
  pluginFolders: readonly string[] | undefined,
): Promise<ComponentRegistry> {
  return createComponentRegistry(await findInstalledPlugins(context, pluginFolders));
}

/**
 * Whether a folder is a plugin itself, or a folder whose dependencies may be plugins.
 * @throws SpeechTokensError `plugin-not-found` when it is neither
 */
async function isPlugin(path: string, given: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new SpeechTokensError('plugin-not-found', {
      problem: `--plugins ${given} is not a folder`,
      found: found === undefined ? `nothing at ${path}` : 'a file',
      wanted: 'the folder of a plugin, or of a project that has plugins among its dependencies',
      remedy: 'Check the path',
      details: { packageName: given },
    });
  }
  const text = await readFile(join(path, 'package.json'), 'utf8').catch(() => '{}');
  // Whether the rest of it is right is for findPlugins to say.
  return /"speechTokens"\s*:/.test(text);
}
