import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { problemKindInfo } from '@arethetypeswrong/core/problems';
import { error, type Finding, type Gate } from '../gate.ts';
import type { PackedPackage } from './pack.ts';

export const typesGate: Gate = {
  name: 'types',
  title: 'types of packed packages agree with their code (are the types wrong)',
  run: async ({ packed }) => {
    const findings: Finding[] = [];
    for (const one of await packed()) findings.push(...(await checkPackedTypes(one)));
    return findings;
  },
};

export async function checkPackedTypes(one: PackedPackage): Promise<readonly Finding[]> {
  const analysis = await checkPackage(createPackageFromTarballData(one.bytes));
  if (analysis.types === false) return [error(one.package.path, 'holds no types at all.')];
  return analysis.problems
    .filter(concernsModules)
    .map((problem) => error(one.package.path, `${problemKindInfo[problem.kind].title}: ${JSON.stringify(problem)}`));
}

/** Packages here are ES modules only: how CommonJS or Node.js 10 would see them does not count. */
function concernsModules(problem: Problem): boolean {
  if (problem.kind === 'CJSResolvesToESM') return false;
  if (!('resolutionKind' in problem)) return true;
  return problem.resolutionKind !== 'node10' && problem.resolutionKind !== 'node16-cjs';
}
