import { type Component, isSpeechTokensError, type ModelFile } from '@speech-tokens/core';
import type { ComponentRegistry, NodeModelStore } from '@speech-tokens/core/node';
import type { CliContext } from '../context.ts';
import { listComponents, type PluginProblem } from '../plugins/list-components.ts';

/** A model file with the components that need it. */
export interface ComponentModel {
  readonly ids: readonly string[];
  readonly packageName: string;
  readonly file: ModelFile;
}

const kinds: readonly Component['kind'][] = ['tokenizer', 'detokenizer', 'language-model'];

/**
 * The model files of the components with these ids, or of all; one that several need is listed once.
 * @throws SpeechTokensError `component-not-found` with the nearest ids
 */
export async function componentModels(
  context: CliContext,
  registry: ComponentRegistry,
  ids: readonly string[] | undefined,
): Promise<{ readonly models: readonly ComponentModel[]; readonly problems: readonly PluginProblem[] }> {
  for (const id of ids ?? []) {
    if (!registry.entries.some((entry) => entry.id === id)) registry.lookUp('tokenizer', id);
  }
  const bySource = new Map<string, ComponentModel>();
  const problems = new Map<string, PluginProblem>();
  for (const kind of kinds) {
    const listed = await listComponents(registry, kind, context.signal);
    for (const problem of listed.problems) problems.set(problem.directory, problem);
    for (const { component, plugin } of listed.components) {
      if (ids !== undefined && !ids.includes(component.id)) continue;
      for (const file of component.models) {
        const key = JSON.stringify(file.source);
        const before = bySource.get(key)?.ids ?? [];
        bySource.set(key, {
          ids: [...new Set([...before, component.id])],
          packageName: plugin.packageName,
          file,
        });
      }
    }
  }
  return { models: [...bySource.values()], problems: [...problems.values()] };
}

/**
 * The same with the files that indexes on this machine name: weights in several files are all of them. An index that
 * cannot be read stands alone, for `models verify` to say why.
 */
export async function withParts(
  store: NodeModelStore,
  models: readonly ComponentModel[],
): Promise<readonly ComponentModel[]> {
  const bySource = new Map(models.map((model) => [JSON.stringify(model.file.source), model]));
  for (const { ids, packageName, file } of models) {
    for (const part of await partsOf(store, file)) {
      const key = JSON.stringify(part.source);
      if (!bySource.has(key)) bySource.set(key, { ids, packageName, file: part });
    }
  }
  return [...bySource.values()];
}

async function partsOf(store: NodeModelStore, file: ModelFile): Promise<readonly ModelFile[]> {
  try {
    return await store.parts(file);
  } catch (error) {
    if (isSpeechTokensError(error, 'checkpoint-invalid')) return [file];
    throw error;
  }
}

/** Where a file comes from, for people. */
export function sourceText({ source }: ModelFile): string {
  switch (source.type) {
    case 'bundled':
      return 'bundled';
    case 'path':
      return source.path;
    case 'hub':
      return `${source.repository}@${source.revision.slice(0, 12)}`;
    case 'https':
      return source.url;
  }
}
