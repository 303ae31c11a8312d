import type { Component } from '../../contract/speech-plugin.ts';
import { SpeechTokensError } from '../../errors/speech-tokens-error.ts';
import type { FoundPlugin } from './find-plugins.ts';
import { type LoadedPlugin, type LoadPluginOptions, loadPlugin } from './load-plugin.ts';
import { nearestNames } from './nearest-names.ts';

/** A component that some plugin says it provides. */
export interface ComponentEntry {
  readonly kind: Component['kind'];
  readonly id: string;
  readonly title: string;
  readonly packageName: string;
  readonly version: string;
  /** Folder of the package. */
  readonly directory: string;
  /** Folder of the package that is used instead, because it was found earlier and has the same kind and id. */
  readonly shadowedBy?: string;
}

export interface FoundComponent<Kind extends Component['kind']> {
  readonly component: Extract<Component, { readonly kind: Kind }>;
  readonly plugin: LoadedPlugin;
}

/** Components of some plugins, by kind and id. Plain data and two look-ups: nothing is registered anywhere. */
export interface ComponentRegistry {
  /** In the order of the plugins, also those that are shadowed by an earlier one. */
  readonly entries: readonly ComponentEntry[];
  /** The plugins that cannot be used, with what is wrong. */
  readonly problems: readonly FoundPlugin[];
  /**
   * The entry of one component, without running any code.
   * @throws SpeechTokensError `component-not-found`, with the nearest ids
   */
  lookUp(kind: Component['kind'], id: string): ComponentEntry;
  /**
   * Imports the package that provides a component, and no other.
   * @throws SpeechTokensError `component-not-found`, or as `loadPlugin`
   */
  load<Kind extends Component['kind']>(
    kind: Kind,
    id: string,
    options?: LoadPluginOptions,
  ): Promise<FoundComponent<Kind>>;
}

/** A look-up over plugins that `findPlugins` found or `loadPlugin` loaded. Where two have the same id, the earlier wins. */
export function createComponentRegistry(plugins: readonly (FoundPlugin | LoadedPlugin)[]): ComponentRegistry {
  const owners = new Map<string, FoundPlugin | LoadedPlugin>();
  const entries: ComponentEntry[] = [];
  for (const plugin of plugins) {
    const { packageName, version, directory, manifest } = plugin;
    for (const { kind, id, title } of manifest?.provides ?? []) {
      const owner = owners.get(`${kind} ${id}`);
      if (owner === undefined) owners.set(`${kind} ${id}`, plugin);
      const shadow = owner === undefined ? {} : { shadowedBy: owner.directory };
      entries.push({ kind, id, title, packageName, version, directory, ...shadow });
    }
  }
  const problems = plugins.filter(
    (plugin): plugin is FoundPlugin => 'problem' in plugin && plugin.problem !== undefined,
  );

  const lookUp = (kind: Component['kind'], id: string): ComponentEntry => {
    const entry = entries.find((candidate) => candidate.kind === kind && candidate.id === id);
    if (entry === undefined) throw notFound(kind, id, entries, problems);
    return entry;
  };

  return {
    entries,
    problems,
    lookUp,
    async load(kind, id, options) {
      lookUp(kind, id);
      const owner = owners.get(`${kind} ${id}`)!;
      const plugin = 'plugin' in owner ? owner : await loadPlugin(owner, options);
      // `loadPlugin` has checked that the components are those of the manifest.
      const component = plugin.plugin.components.find((candidate) => candidate.kind === kind && candidate.id === id);
      return { component: component as FoundComponent<typeof kind>['component'], plugin };
    },
  };
}

function notFound(
  kind: Component['kind'],
  id: string,
  entries: readonly ComponentEntry[],
  problems: readonly FoundPlugin[],
): SpeechTokensError<'component-not-found'> {
  const ids = entries.filter((entry) => entry.kind === kind).map((entry) => entry.id);
  const suggestions = nearestNames(id, ids);
  const otherKind = entries.find((entry) => entry.id === id)?.kind;
  const words = kind.replace('-', ' ');
  const remedies = [
    suggestions.length > 0
      ? `Perhaps ${suggestions.join(' or ')} is meant`
      : 'Check the id, or install the plugin that provides it',
    problems.length > 0 &&
      `(not looked at, because broken: ${problems.map((plugin) => plugin.packageName).join(', ')})`,
  ];
  return new SpeechTokensError('component-not-found', {
    problem: `There is no ${words} "${id}"`,
    found:
      otherKind !== undefined
        ? `a ${otherKind.replace('-', ' ')} of this id`
        : ids.length === 0
          ? `no ${words} at all`
          : [...new Set(ids)].join(', '),
    remedy: remedies.filter(Boolean).join(' '),
    details: { id, suggestions },
  });
}
