import type { Component } from '@speech-tokens/core';
import type { ComponentRegistry, FoundComponent } from '@speech-tokens/core/node';

/** A package that cannot be used, and why. */
export interface PluginProblem {
  readonly packageName: string;
  readonly directory: string;
  readonly error: unknown;
}

/**
 * Imports the packages that provide components of a kind, and no model. A package that fails does not hide the others.
 * Where two provide the same id only the one that is used is listed.
 */
export async function listComponents<Kind extends Component['kind']>(
  registry: ComponentRegistry,
  kind: Kind,
  signal: AbortSignal,
): Promise<{ readonly components: readonly FoundComponent<Kind>[]; readonly problems: readonly PluginProblem[] }> {
  const components: FoundComponent<Kind>[] = [];
  const problems: PluginProblem[] = registry.problems.map(({ packageName, directory, problem }) => {
    return { packageName, directory, error: problem };
  });
  for (const { id, packageName, directory, shadowedBy } of registry.entries.filter((entry) => entry.kind === kind)) {
    if (shadowedBy !== undefined || problems.some((problem) => problem.directory === directory)) continue;
    try {
      components.push(await registry.load(kind, id, { signal }));
    } catch (error) {
      signal.throwIfAborted();
      problems.push({ packageName, directory, error });
    }
  }
  return { components, problems };
}
