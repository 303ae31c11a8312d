import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { type ExportTarget, type Package, publicPackages, type Workspace } from '../workspace.ts';

export const packageManifestsGate: Gate = {
  name: 'manifests',
  title: 'public packages have a README, a licence and a complete package.json',
  run: async ({ workspace }) => checkManifests(workspace),
};

/** What a program imports an entry by, from the sources of this repository. */
const sourceCondition = '@speech-tokens/source';

export function checkManifests(workspace: Workspace): readonly Finding[] {
  const license = existsSync(join(workspace.root, 'LICENSE'))
    ? []
    : [error('LICENSE', 'is missing; pnpm copies it into every package that is packed.')];
  return [...license, ...publicPackages(workspace).flatMap(checkPackage)];
}

function checkPackage(one: Package): readonly Finding[] {
  const { manifest } = one;
  const where = `${one.path}/package.json`;
  const wanted: readonly [boolean, string][] = [
    [existsSync(join(one.folder, 'README.md')), 'wants a README.md beside it'],
    [manifest.license === 'Apache-2.0', `wants "license": "Apache-2.0", found ${manifest.license}`],
    [manifest.type === 'module', 'wants "type": "module": packages here are ES modules only'],
    [(manifest.description ?? '') !== '', 'wants a description'],
    [manifest.engines?.node !== undefined, 'wants "engines": { "node": … }'],
    [manifest.repository?.directory === one.path, `wants "repository.directory": "${one.path}"`],
    [manifest.files !== undefined, 'wants "files", or tests and sources are published'],
    [manifest.publishConfig?.access === 'public', 'wants "publishConfig": { "access": "public" }'],
    [manifest.exports?.['./package.json'] !== undefined, 'wants the export "./package.json": tools read it'],
  ];
  const missing = wanted.filter(([isThere]) => !isThere).map(([, message]) => error(where, message));
  return [...missing, ...checkExports(one, where)];
}

function checkExports(one: Package, where: string): readonly Finding[] {
  const inside = one.manifest.exports ?? {};
  const published = one.manifest.publishConfig?.exports ?? {};
  const findings: Finding[] = [];
  for (const [entry, target] of Object.entries(inside)) {
    if (JSON.stringify(withoutSource(target)) !== JSON.stringify(published[entry])) {
      findings.push(
        error(where, `publishes the entry "${entry}" in another way than it is used here, beside "${sourceCondition}"`),
      );
    }
    if (typeof target === 'string') continue;
    const source = target[sourceCondition];
    if (source === undefined)
      findings.push(error(where, `wants the condition "${sourceCondition}" for the entry "${entry}"`));
    else if (!existsSync(join(one.folder, source)))
      findings.push(error(where, `names ${source}, which does not exist`));
    if (Object.keys(target)[0] !== sourceCondition) {
      findings.push(error(where, `wants "${sourceCondition}" first in the entry "${entry}": the first match counts`));
    }
  }
  for (const entry of Object.keys(published)) {
    if (inside[entry] === undefined)
      findings.push(error(where, `publishes the entry "${entry}", which is not in "exports"`));
  }
  return findings;
}

function withoutSource(target: ExportTarget): ExportTarget {
  if (typeof target === 'string') return target;
  return Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== sourceCondition));
}
