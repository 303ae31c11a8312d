import codecRvq from '@speech-tokens/codec-rvq';
import codecSsl from '@speech-tokens/codec-ssl';
import type { SpeechPluginV1 } from '@speech-tokens/core';
import {
  type ComponentRegistry,
  createComponentRegistry,
  findPlugins,
  type LoadedPlugin,
} from '@speech-tokens/core/node';
import { RequestError } from '../protocol/index.ts';
import { t } from '../texts/index.ts';
import type { InferenceSettings } from './methods.ts';

export type PartKind = 'tokenizer' | 'detokenizer';

const bundledPlugins: readonly LoadedPlugin[] = [
  bundled('@speech-tokens/codec-rvq', codecRvq),
  bundled('@speech-tokens/codec-ssl', codecSsl),
];

function bundled(packageName: string, plugin: SpeechPluginV1): LoadedPlugin {
  const provides = plugin.components.map(({ kind, id, title }) => ({ kind, id, title }));
  return {
    packageName,
    version: '',
    directory: `bundled:${packageName}`,
    manifest: { specificationVersion: 'v1', provides },
    plugin,
  };
}

/** What may be run here, or could be once it is allowed. */
export interface KnownPlugins {
  readonly registry: ComponentRegistry;
  /** What is wrong with packages that cannot be used, for people. */
  readonly problems: readonly string[];
}

/** The bundled ones first: a package of the workspace cannot take the place of one of them. */
export async function readPlugins({
  pluginDirectories,
  pluginPackages = [],
}: InferenceSettings): Promise<KnownPlugins> {
  const problems: string[] = [];
  const named = await Promise.all(
    pluginPackages.map((folder) =>
      findPlugins({ directories: [], packages: [folder] }).catch((error: unknown) => {
        problems.push(error instanceof Error ? error.message : String(error));
        return [];
      }),
    ),
  );
  const found = pluginDirectories.length === 0 ? [] : await findPlugins({ directories: pluginDirectories });
  // A package may have been named that is a dependency too.
  const folders = new Map([...named.flat(), ...found].map((plugin) => [plugin.directory, plugin]));
  const registry = createComponentRegistry([...bundledPlugins, ...folders.values()]);
  const broken = registry.problems.map(({ packageName, problem }) => `${packageName}: ${problem?.message}`);
  return { registry, problems: [...problems, ...broken] };
}

/** Of a plugin that comes with the extension. */
export function isOurs(directory: string): boolean {
  return directory.startsWith('bundled:');
}

/** Whether the code that provides a component may run. */
export function isAllowed(
  registry: ComponentRegistry,
  kind: PartKind,
  id: string,
  settings: InferenceSettings,
): boolean {
  const { directory, packageName, version } = registry.lookUp(kind, id);
  return isOurs(directory) || settings.allowedPlugins.includes(`${packageName}@${version}`);
}

/** @throws RequestError `plugin-not-allowed` */
export function checkAllowed(
  registry: ComponentRegistry,
  kind: PartKind,
  id: string,
  settings: InferenceSettings,
): void {
  if (isAllowed(registry, kind, id, settings)) return;
  const { packageName, version } = registry.lookUp(kind, id);
  throw new RequestError(t('The code of {0} {1} may not run', packageName, version), 'plugin-not-allowed');
}
