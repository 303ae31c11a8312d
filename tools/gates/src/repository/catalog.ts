import { error, type Finding, type Gate } from '../gate.ts';
import type { Workspace } from '../workspace.ts';

export const catalogGate: Gate = {
  name: 'catalog',
  title: 'a dependency of several packages has its one version in the catalog',
  run: async ({ workspace }) => checkCatalog(workspace),
};

export function checkCatalog(workspace: Workspace): readonly Finding[] {
  const ours = new Set(workspace.packages.map(({ name }) => name));
  const uses = new Map<string, { readonly where: string; readonly range: string }[]>();
  const findings: Finding[] = [];
  for (const one of workspace.packages) {
    const { dependencies, devDependencies, optionalDependencies } = one.manifest;
    for (const [name, range] of [dependencies, devDependencies, optionalDependencies].flatMap((all) =>
      Object.entries(all ?? {}),
    )) {
      const where = `${one.path}/package.json`;
      if (!ours.has(name)) uses.set(name, [...(uses.get(name) ?? []), { where, range }]);
      else if (!range.startsWith('workspace:')) {
        findings.push(
          error(where, `takes ${name} as "${range}"; a package of this repository is taken as "workspace:^".`),
        );
      }
    }
  }
  for (const [name, all] of uses) {
    if (all.length < 2) continue;
    for (const { where, range } of all) {
      if (range.startsWith('catalog:')) continue;
      findings.push(
        error(
          where,
          `takes ${name} as "${range}", and so do others. Put the version into the catalog of pnpm-workspace.yaml and write "catalog:".`,
        ),
      );
    }
  }
  return findings;
}
