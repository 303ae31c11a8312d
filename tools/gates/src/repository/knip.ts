import { join } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { runProcess } from '../process.ts';
import type { Workspace } from '../workspace.ts';

export const knipGate: Gate = {
  name: 'unused',
  title: 'no unused files, dependencies or exports, and none missing',
  run: ({ workspace }) => checkUnused(workspace),
};

interface KnipReport {
  readonly issues: readonly KnipIssue[];
}

interface KnipIssue {
  readonly file: string;
  readonly [kind: string]: unknown;
}

/** Runs knip with the `knip.json` of the root. */
export async function checkUnused(workspace: Workspace): Promise<readonly Finding[]> {
  const script = join(import.meta.dirname, '../../node_modules/knip/bin/knip.js');
  const { exitCode, stdout, output } = await runProcess(
    process.execPath,
    [script, '--reporter', 'json', '--no-progress', '--directory', workspace.root],
    { cwd: workspace.root },
  );
  const json = stdout.slice(Math.max(0, stdout.indexOf('{')));
  if (!json.startsWith('{')) return [error('knip.json', `knip ended with exit code ${exitCode}: ${output.trim()}`)];
  const findings = (JSON.parse(json) as KnipReport).issues.flatMap(describe);
  if (findings.length === 0 && exitCode !== 0) {
    return [error('knip.json', `knip ended with exit code ${exitCode}: ${output.trim()}`)];
  }
  return findings;
}

function describe(issue: KnipIssue): readonly Finding[] {
  return Object.entries(issue).flatMap(([kind, found]) =>
    Array.isArray(found)
      ? found.map((one: { name?: string; line?: number }) => {
          const where = one.line === undefined ? issue.file : `${issue.file}:${one.line}`;
          return error(where, `${kindTexts[kind] ?? kind}: ${one.name ?? ''}`);
        })
      : [],
  );
}

const kindTexts: Readonly<Record<string, string>> = {
  files: 'unused file',
  dependencies: 'unused dependency',
  devDependencies: 'unused development dependency',
  optionalPeerDependencies: 'unlisted optional peer dependency',
  unlisted: 'imported but not declared in package.json',
  binaries: 'command that no dependency provides',
  unresolved: 'import that leads nowhere',
  exports: 'export that nothing imports',
  types: 'exported type that nothing imports',
  duplicates: 'exported twice',
};
