import codecRvq from '@speech-tokens/codec-rvq';
import codecSsl from '@speech-tokens/codec-ssl';
import {
  type Component,
  type DetokenizerComponent,
  isListedSpaceId,
  type LoadContext,
  type ModelFile,
  needsCheckpoint,
  type SpeechDetokenizerV1,
  type SpeechPluginV1,
  type SpeechTokenizerV1,
  type TokenizerComponent,
  type TokenSpace,
} from '@speech-tokens/core';
import {
  type ComponentRegistry,
  createComponentRegistry,
  createModelStore,
  findPlugins,
  type LoadedPlugin,
} from '@speech-tokens/core/node';
import { RequestError } from '../protocol/index.ts';
import type { InferenceSettings, TokenizerChoice } from './methods.ts';

/** The tokenizers and detokenizers of this process; each model is loaded once, when it is first needed. */
export interface Components {
  list(): Promise<readonly TokenizerChoice[]>;
  tokenizer(id: string): Promise<SpeechTokenizerV1>;
  /** @throws RequestError `component-not-found` where nothing that may run reads these tokens */
  detokenizerFor(space: TokenSpace): Promise<SpeechDetokenizerV1>;
}

const bundledPlugins: readonly LoadedPlugin[] = [
  bundled('@speech-tokens/codec-rvq', codecRvq),
  bundled('@speech-tokens/codec-ssl', codecSsl),
];

export function createComponents(settings: InferenceSettings): Components {
  // Nothing is fetched: a model is bundled, or was put into the cache of this machine before.
  const models = createModelStore({ offline: true });
  const registry = readRegistry(settings);
  const parts = new Map<string, Promise<unknown>>();
  const context: LoadContext = {
    models,
    ...(settings.threadCount === undefined ? {} : { threadCount: settings.threadCount }),
  };
  const load = async <Kind extends 'tokenizer' | 'detokenizer'>(kind: Kind, id: string) => {
    const key = `${kind} ${id}`;
    const before = parts.get(key);
    if (before !== undefined) return before;
    const loading = (async () => {
      const known = await registry;
      checkAllowed(known, kind, id, settings);
      const { component } = await known.load(kind, id);
      return (component as TokenizerComponent | DetokenizerComponent).load(context);
    })();
    parts.set(key, loading);
    // What failed may succeed later, for example when its model has been fetched.
    loading.catch(() => parts.delete(key));
    return loading;
  };
  return {
    async list() {
      const { entries } = await registry;
      const tokenizers = entries.filter(({ kind, shadowedBy }) => kind === 'tokenizer' && shadowedBy === undefined);
      return Promise.all(
        tokenizers.map(async ({ id, title, packageName, version }) => {
          const files = bundledComponent('tokenizer', id, packageName)?.models;
          const isReady = files === undefined ? undefined : await areHere(models, files);
          const isBundled = files !== undefined;
          return { id, title, packageName, version, isBundled, ...(isReady === undefined ? {} : { isReady }) };
        }),
      );
    },
    tokenizer: (id) => load('tokenizer', id) as Promise<SpeechTokenizerV1>,
    async detokenizerFor(space) {
      const known = await registry;
      for (const { kind, id, shadowedBy } of known.entries) {
        if (kind !== 'detokenizer' || shadowedBy !== undefined || !isAllowed(known, kind, id, settings)) continue;
        const { component } = await known.load('detokenizer', id);
        // Checkpoint folders are not known here.
        if (isListedSpaceId(space.id, component.tokenSpace.id) && !needsCheckpoint(component)) {
          return load('detokenizer', id) as Promise<SpeechDetokenizerV1>;
        }
      }
      throw new RequestError(`No detokenizer here reads tokens of ${space.id}`, 'component-not-found');
    },
  };
}

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

/** The bundled ones first: a package of the workspace cannot take the place of one of them. */
async function readRegistry({ pluginDirectories }: InferenceSettings): Promise<ComponentRegistry> {
  const found = pluginDirectories.length === 0 ? [] : await findPlugins({ directories: pluginDirectories });
  return createComponentRegistry([...bundledPlugins, ...found]);
}

function isAllowed(registry: ComponentRegistry, kind: Component['kind'], id: string, settings: InferenceSettings) {
  const { directory, packageName, version } = registry.lookUp(kind, id);
  return directory.startsWith('bundled:') || settings.allowedPlugins.includes(`${packageName}@${version}`);
}

function checkAllowed(registry: ComponentRegistry, kind: Component['kind'], id: string, settings: InferenceSettings) {
  if (isAllowed(registry, kind, id, settings)) return;
  const { packageName, version } = registry.lookUp(kind, id);
  throw new RequestError(`The code of ${packageName} ${version} may not run here`, 'plugin-not-allowed');
}

function bundledComponent(kind: Component['kind'], id: string, packageName: string): Component | undefined {
  const owner = bundledPlugins.find((plugin) => plugin.packageName === packageName);
  return owner?.plugin.components.find((component) => component.kind === kind && component.id === id);
}

async function areHere(models: ReturnType<typeof createModelStore>, files: readonly ModelFile[]): Promise<boolean> {
  for (const file of files) if ((await models.path(file)) === undefined) return false;
  return true;
}
