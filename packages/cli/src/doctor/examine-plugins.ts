import { stat } from 'node:fs/promises';
import { createComponentRegistry, type FoundPlugin, type NodeModelStore } from '@speech-tokens/core/node';
import type { CliContext } from '../context.ts';
import { componentModels, withParts } from '../models/component-models.ts';
import { defaultTokenizerId } from '../plugins/find-components.ts';
import { messageOf } from '../report-error.ts';
import { type Finding, ok, problem, warning } from './findings.ts';

const installRemedy = 'Reinstall speech-tokens, or install a plugin such as @speech-tokens/codec-rvq';

/** What the package.json files say. */
export function examinePlugins(plugins: readonly FoundPlugin[]): readonly Finding[] {
  if (plugins.length === 0) return [problem('plugins', 'Plugins', 'none', installRemedy)];
  return plugins.map(({ packageName, version, directory, manifest, problem: error }) => {
    const id = `plugin ${packageName}`;
    if (error !== undefined)
      return problem(id, 'Plugin', `${packageName}: ${messageOf(error)}`, `Upgrade or remove ${packageName}`);
    const provided = manifest?.provides.map(({ kind, id: componentId }) => `${kind} ${componentId}`).join(', ');
    return ok(id, 'Plugin', `${packageName} ${version} in ${directory} (${provided || 'nothing'})`);
  });
}

/** What their code says: each is imported, none loads a model. */
export async function examineComponents(
  context: CliContext,
  plugins: readonly FoundPlugin[],
  store: NodeModelStore,
): Promise<readonly Finding[]> {
  const registry = createComponentRegistry(plugins.filter((plugin) => plugin.problem === undefined));
  const { models, problems } = await componentModels(context, registry, undefined);
  const findings: Finding[] = problems.map(({ packageName, error }) =>
    problem(`import ${packageName}`, 'Plugin', messageOf(error), `Reinstall or upgrade ${packageName}`),
  );
  for (const { kind, id, packageName, shadowedBy } of registry.entries) {
    if (shadowedBy === undefined) continue;
    findings.push(
      warning(
        `shadowed ${kind} ${id}`,
        'Plugin',
        `${kind} ${id} of ${packageName} is hidden by that in ${shadowedBy}`,
        'Remove one of the two packages, or name the one you want with --plugins DIR',
      ),
    );
  }
  if (!registry.entries.some(({ kind, id }) => kind === 'tokenizer' && id === defaultTokenizerId)) {
    findings.push(
      problem('default', 'Tokenizer', `the default one, ${defaultTokenizerId}, is not installed`, installRemedy),
    );
  }
  const files = await withParts(store, models);
  findings.push(...(await Promise.all(files.map(({ ids, file }) => examineModel(ids, file, store)))));
  return findings;
}

async function examineModel(
  ids: readonly string[],
  file: Parameters<NodeModelStore['path']>[0],
  store: NodeModelStore,
): Promise<Finding> {
  const id = `model ${ids.join(' ')} ${file.name}`;
  const name = `${file.name} of ${ids.join(', ')}`;
  const path = await store.path(file);
  if (path === undefined) {
    if (file.source.type === 'bundled') return problem(id, 'Model', `${name} is missing`, 'Reinstall its package');
    if (file.source.type === 'path')
      return ok(id, 'Model', `${name} is a file of yours: give its folder with --checkpoint`);
    return ok(id, 'Model', `${name} is downloaded when it is first used`);
  }
  const { size } = await stat(path);
  if (file.sizeBytes !== undefined && size !== file.sizeBytes) {
    const found = `${name} has ${size} bytes, not ${file.sizeBytes}`;
    return problem(id, 'Model', found, 'Reinstall its package, or delete the file and pull it again');
  }
  return ok(id, 'Model', `${name} is here (\`speech-tokens models verify\` reads it again)`);
}
