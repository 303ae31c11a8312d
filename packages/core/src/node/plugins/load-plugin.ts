import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exports as resolveExports } from 'resolve.exports';
import type { PluginManifest, SpeechPluginV1 } from '../../contract/speech-plugin.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import { raceSignal } from '../../streaming/race-signal.ts';
import { checkPlugin } from './check-plugin.ts';
import { describePlugin, type FoundPlugin, findNamedPlugin } from './find-plugins.ts';
import { activeConditions } from './import-conditions.ts';
import { readPackageJson } from './package-folder.ts';
import { invalid } from './plugin-manifest.ts';

/** Where a plugin is: one that `findPlugins` listed, a package folder, or a name and the folder to look from. */
export type PluginLocation =
  | FoundPlugin
  | { readonly directory: string }
  | { readonly packageName: string; readonly from: string };

export interface LoadPluginOptions {
  readonly signal?: AbortSignal;
  /**
   * Conditions of package exports besides `import`, `node` and `default`; those that Node.js was started with
   * (`--conditions`) by default.
   */
  readonly conditions?: readonly string[];
}

export interface LoadedPlugin {
  readonly packageName: string;
  readonly version: string;
  /** Real path of the package's folder. */
  readonly directory: string;
  readonly manifest: PluginManifest;
  /** The very object that the package exports. */
  readonly plugin: SpeechPluginV1;
}

/**
 * Imports a plugin and checks it field by field against the contract and against its manifest.
 * @throws SpeechTokensError `plugin-not-found`, `plugin-invalid`, `plugin-version-unsupported`
 */
export async function loadPlugin(location: PluginLocation, options: LoadPluginOptions = {}): Promise<LoadedPlugin> {
  const { signal, conditions = activeConditions() } = options;
  signal?.throwIfAborted();
  const found = await locate(location);
  const { packageName, version, directory, manifest, problem } = found;
  if (problem !== undefined) throw problem;
  if (manifest === undefined) throw notThere(directory);
  const entryPath = await findEntry(packageName, directory, manifest.entry ?? '.', conditions);
  signal?.throwIfAborted();
  let namespace: { readonly default?: unknown };
  try {
    namespace = await raceSignal(import(/* @vite-ignore */ pathToFileURL(entryPath).href), signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw importFailed(packageName, entryPath, cause);
  }
  return { packageName, version, directory, manifest, plugin: checkPlugin(packageName, namespace.default, manifest) };
}

async function locate(location: PluginLocation): Promise<FoundPlugin> {
  if ('from' in location) return findNamedPlugin(location.packageName, [location.from]);
  if ('manifest' in location || 'problem' in location) return location;
  const directory = await realpath(location.directory).catch(() => undefined);
  const plugin = directory === undefined ? undefined : await describePlugin(directory);
  if (plugin === undefined) throw notThere(location.directory);
  return plugin;
}

function notThere(directory: string): SpeechTokensError<'plugin-not-found'> {
  return new SpeechTokensError('plugin-not-found', {
    problem: `There is no plugin in ${directory}`,
    found: 'no package.json with a "speechTokens" field',
    wanted: 'the folder of a plugin package',
    remedy: 'Check the path, or install the plugin',
    details: { packageName: directory },
  });
}

/** The file behind an export of a package. Node.js has no stable call that resolves an import from another folder. */
async function findEntry(
  packageName: string,
  directory: string,
  entry: string,
  conditions: readonly string[],
): Promise<string> {
  const json = (await readPackageJson(directory)) ?? {};
  const where = `export "${entry}" of its package.json`;
  let target: string | undefined;
  if (json.exports === undefined || json.exports === null) {
    const main = typeof json.main === 'string' ? json.main : './index.js';
    target = entry === '.' ? `./${main.replace(/^\.\//, '')}` : entry;
  } else {
    try {
      target = resolveExports({ name: packageName, exports: json.exports as string }, entry, {
        conditions: [...conditions, 'module-sync'],
      })?.[0];
    } catch (cause) {
      throw invalid(packageName, where, (cause as Error).message, 'an export that `import` can use', cause);
    }
  }
  if (target === undefined || !target.startsWith('./') || target.split('/').includes('..')) {
    throw invalid(packageName, where, target ?? 'nothing', 'a file of the package');
  }
  return join(directory, target);
}

function importFailed(packageName: string, entryPath: string, cause: unknown): SpeechTokensError<'plugin-invalid'> {
  const message = cause instanceof Error ? cause.message : String(cause);
  const isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_MODULE_NOT_FOUND';
  return new SpeechTokensError('plugin-invalid', {
    problem: `The plugin ${packageName} cannot be imported`,
    found: message.split('\n')[0] ?? message,
    wanted: `${entryPath} to load`,
    remedy: isMissing
      ? `Install ${packageName} again with its dependencies; where it is built from sources, build it first`
      : `Upgrade ${packageName}, or tell its authors`,
    details: { packageName },
    cause,
  });
}
