import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { type Package, shownPath, type Workspace } from '../workspace.ts';
import { browserSafeEntries } from './allowed-imports.ts';
import { importSpecifiers, packageNameOf } from './import-specifiers.ts';

export const browserSafeGate: Gate = {
  name: 'browser-safe',
  title: 'entries that also run in a browser reach nothing of Node.js',
  run: ({ workspace }) => checkBrowserSafe(workspace, browserSafeEntries),
};

export async function checkBrowserSafe(
  workspace: Workspace,
  entries: readonly { readonly package: string; readonly entry: string }[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { package: name, entry } of entries) {
    const one = workspace.packages.find(({ path }) => path === `packages/${name}`);
    if (one === undefined) continue;
    const start = join(one.folder, entry);
    if (!existsSync(start)) {
      findings.push(error(one.path, `has no ${entry}, which is listed as safe for browsers.`));
      continue;
    }
    findings.push(...(await followImports(workspace, start)));
  }
  return findings;
}

async function followImports(workspace: Workspace, start: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  /** How each file was reached, for the message. */
  const reachedFrom = new Map<string, string | undefined>([[start, undefined]]);
  const queue = [start];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    for (const { specifier, line } of importSpecifiers(file, await readFile(file, 'utf8'))) {
      const where = `${shownPath(workspace, file)}:${line}`;
      const target = specifier.startsWith('.') ? resolve(dirname(file), specifier) : sourceOfOurs(workspace, specifier);
      if (target !== undefined) {
        if (!reachedFrom.has(target)) {
          reachedFrom.set(target, file);
          queue.push(target);
        }
      } else if (isOfNode(specifier)) {
        findings.push(
          error(where, `imports "${specifier}", and browsers reach it: ${chain(workspace, file, reachedFrom)}`),
        );
      } else {
        findings.push(
          error(
            where,
            `imports the package "${specifier}" into an entry for browsers, which has no runtime dependencies.`,
          ),
        );
      }
    }
  }
  return findings;
}

function isOfNode(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

/** The source file that a specifier of one of our packages means. */
function sourceOfOurs(workspace: Workspace, specifier: string): string | undefined {
  const name = packageNameOf(specifier);
  const one: Package | undefined = workspace.packages.find((candidate) => candidate.name === name);
  if (one === undefined || name === undefined) return undefined;
  const target = one.manifest.exports?.[`.${specifier.slice(name.length)}`];
  const source = typeof target === 'object' ? target['@speech-tokens/source'] : undefined;
  return source === undefined ? undefined : join(one.folder, source);
}

function chain(workspace: Workspace, file: string, reachedFrom: ReadonlyMap<string, string | undefined>): string {
  const names: string[] = [];
  for (let at: string | undefined = file; at !== undefined; at = reachedFrom.get(at)) {
    names.unshift(reachedFrom.get(at) === undefined ? shownPath(workspace, at) : basename(at));
  }
  return names.join(' → ');
}
