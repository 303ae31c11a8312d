import { realpath } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { PluginManifest } from '../../contract/speech-plugin.ts';
import { isSpeechTokensError, SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { findPackageDirectory, isPackageName, readPackageJson } from './package-folder.ts';
import { parsePluginManifest } from './plugin-manifest.ts';

/** A package that says that it is a plugin. None of its code has run. */
export interface FoundPlugin {
  readonly packageName: string;
  /** As in its package.json; empty where that says none. */
  readonly version: string;
  /** Real path of the package's folder. */
  readonly directory: string;
  /** What it provides; absent where there is a `problem`. */
  readonly manifest?: PluginManifest;
  /** Why it cannot be used: `plugin-invalid`, `plugin-version-unsupported` or `file-read`. */
  readonly problem?: SpeechTokensError;
}

export interface FindPluginsOptions {
  /** Folders with a package.json whose direct dependencies are looked at. A folder without one has none. */
  readonly directories: readonly string[];
  /**
   * Packages to look at besides: paths of package folders (relative ones start with a dot), or names that are
   * looked up from `directories`, in their order.
   */
  readonly packages?: readonly string[];
  readonly signal?: AbortSignal;
}

const dependencyFields = ['dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies'] as const;

/**
 * The plugins among the installed direct dependencies of some folders: packages whose package.json has a
 * `speechTokens` field. Packages that were named come first, then folder by folder, by name; each once.
 * A package whose package.json or manifest is broken is listed with its `problem`.
 * @throws SpeechTokensError `plugin-not-found` when one of `packages` is not there or is not a plugin
 */
export async function findPlugins(options: FindPluginsOptions): Promise<readonly FoundPlugin[]> {
  const { directories, packages = [], signal } = options;
  const found = new Map<string, FoundPlugin>();
  const add = (plugin: FoundPlugin | undefined): void => {
    if (plugin !== undefined && !found.has(plugin.directory)) found.set(plugin.directory, plugin);
  };
  for (const named of packages) {
    signal?.throwIfAborted();
    add(await findNamedPlugin(named, directories));
  }
  for (const directory of directories) {
    signal?.throwIfAborted();
    const listed = await dependencyNames(directory);
    if (!Array.isArray(listed)) {
      add(listed as FoundPlugin);
      continue;
    }
    const plugins = await Promise.all(
      (listed as readonly string[]).map(async (name) => {
        const packageDirectory = await findPackageDirectory(name, directory);
        return packageDirectory === undefined ? undefined : describePlugin(packageDirectory, name);
      }),
    );
    plugins.forEach(add);
  }
  signal?.throwIfAborted();
  return [...found.values()];
}

/** What a package folder says about itself; `undefined` where it is not a plugin, or not a package. */
export async function describePlugin(directory: string, knownName?: string): Promise<FoundPlugin | undefined> {
  const fallbackName = knownName ?? basename(directory);
  let json: Awaited<ReturnType<typeof readPackageJson>>;
  try {
    json = await readPackageJson(directory);
  } catch (problem) {
    if (!isSpeechTokensError(problem)) throw problem;
    return { packageName: fallbackName, version: '', directory, problem };
  }
  if (json === undefined || json.speechTokens === undefined) return undefined;
  const packageName = typeof json.name === 'string' && json.name !== '' ? json.name : fallbackName;
  const version = typeof json.version === 'string' ? json.version : '';
  try {
    return { packageName, version, directory, manifest: parsePluginManifest(packageName, json.speechTokens) };
  } catch (problem) {
    if (!isSpeechTokensError(problem)) throw problem;
    return { packageName, version, directory, problem };
  }
}

/** @throws SpeechTokensError `plugin-not-found` */
export async function findNamedPlugin(named: string, directories: readonly string[]): Promise<FoundPlugin> {
  const isPath = !isPackageName(named);
  const directory = isPath ? await realpath(resolve(named)).catch(() => undefined) : await lookUp(named, directories);
  const plugin = directory === undefined ? undefined : await describePlugin(directory, isPath ? undefined : named);
  if (plugin !== undefined) return plugin;
  const isThere = directory !== undefined && (await readPackageJson(directory)) !== undefined;
  throw new SpeechTokensError('plugin-not-found', {
    problem: `There is no plugin ${named}`,
    found: isThere
      ? `a package without a "speechTokens" field in ${directory}`
      : isPath
        ? `no package.json in ${resolve(named)}`
        : `no such package in node_modules of ${directories.map((from) => resolve(from)).join(', ')} or above`,
    wanted: 'a package whose package.json has a "speechTokens" field',
    remedy: isThere || isPath ? 'Check the name or path' : `Check the name, or run \`npm install ${named}\``,
    details: { packageName: named },
  });
}

async function lookUp(packageName: string, directories: readonly string[]): Promise<string | undefined> {
  for (const from of directories) {
    const directory = await findPackageDirectory(packageName, from);
    if (directory !== undefined) return directory;
  }
  return undefined;
}

/** Names of the direct dependencies of a folder; where its package.json is broken, the entry that says so. */
async function dependencyNames(directory: string): Promise<readonly string[] | FoundPlugin> {
  let json: Awaited<ReturnType<typeof readPackageJson>>;
  try {
    json = await readPackageJson(directory);
  } catch (problem) {
    if (!isSpeechTokensError(problem)) throw problem;
    const path = resolve(directory);
    return { packageName: basename(path), version: '', directory: path, problem };
  }
  const names = new Set<string>();
  for (const field of dependencyFields) {
    const dependencies = json?.[field];
    if (typeof dependencies !== 'object' || dependencies === null) continue;
    for (const name of Object.keys(dependencies)) if (isPackageName(name)) names.add(name);
  }
  return [...names].sort();
}
