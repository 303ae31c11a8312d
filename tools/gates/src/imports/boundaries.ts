import { readFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { type Package, shownPath, sourceFiles, type Workspace } from '../workspace.ts';
import { allowedImports } from './allowed-imports.ts';
import { importSpecifiers, packageNameOf } from './import-specifiers.ts';

export const boundariesGate: Gate = {
  name: 'boundaries',
  title: 'packages import only what the package table allows',
  run: ({ workspace }) => checkBoundaries(workspace, allowedImports),
};

export async function checkBoundaries(
  workspace: Workspace,
  allowed: Readonly<Record<string, readonly string[]>>,
): Promise<readonly Finding[]> {
  const ours = new Map(workspace.packages.map((one) => [one.name, one]));
  const findings: Finding[] = [];
  for (const one of workspace.packages) {
    const rule = ruleOf(one, allowed);
    if (rule === 'unknown') {
      findings.push(
        error(one.path, 'This package is in no row of the table of allowed imports. Add one to allowed-imports.ts.'),
      );
      continue;
    }
    for (const file of await sourceFiles(one.folder, /\.(ts|tsx|mts|mjs|js)$/)) {
      const isTest = isTestFile(relative(one.folder, file));
      for (const { specifier, line } of importSpecifiers(file, await readFile(file, 'utf8'))) {
        const where = `${shownPath(workspace, file)}:${line}`;
        const problem = checkSpecifier(one, file, specifier, isTest ? 'any' : rule, ours);
        if (problem !== undefined) findings.push(error(where, problem));
      }
    }
    findings.push(...checkDependencies(one, rule, ours));
  }
  return findings;
}

/** Tests and benchmarks may use any package that is declared for development. */
function isTestFile(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /^(test|bench)[\\/]/.test(path);
}

type Rule = readonly string[] | 'any';

function ruleOf(one: Package, allowed: Readonly<Record<string, readonly string[]>>): Rule | 'unknown' {
  if (!one.path.startsWith('packages/')) return 'any';
  return allowed[basename(one.path)] ?? 'unknown';
}

function checkSpecifier(
  one: Package,
  file: string,
  specifier: string,
  rule: Rule,
  ours: ReadonlyMap<string, Package>,
): string | undefined {
  if (specifier.startsWith('.')) {
    const target = resolve(dirname(file), specifier);
    if (!relative(one.folder, target).startsWith('..')) return undefined;
    return `imports "${specifier}", which leaves the package. Import the other package by its name.`;
  }
  const name = packageNameOf(specifier);
  const target = name === undefined ? undefined : ours.get(name);
  if (target === undefined || target === one || isAllowed(target, rule)) return undefined;
  return `imports "${specifier}"; ${one.path} may import ${listed(rule)}. Move the code, or hand the thing in from outside.`;
}

function checkDependencies(one: Package, rule: Rule, ours: ReadonlyMap<string, Package>): readonly Finding[] {
  const { dependencies, peerDependencies, optionalDependencies } = one.manifest;
  const declared = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
  return declared.flatMap((name) => {
    const target = ours.get(name);
    if (target === undefined || isAllowed(target, rule)) return [];
    return [error(`${one.path}/package.json`, `depends on ${name}; it may depend on ${listed(rule)}.`)];
  });
}

function isAllowed(target: Package, rule: Rule): boolean {
  return rule === 'any' || (target.path.startsWith('packages/') && rule.includes(basename(target.path)));
}

function listed(rule: Rule): string {
  if (rule === 'any') return 'all';
  return rule.length === 0 ? 'no package of ours' : `only ${rule.join(', ')}`;
}
