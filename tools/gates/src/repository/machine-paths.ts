import { homedir, hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { error, type Finding, type Gate } from '../gate.ts';
import { shownPath, type Workspace } from '../workspace.ts';
import { committedFiles, textOf } from './committed-files.ts';

export const machinePathsGate: Gate = {
  name: 'machine-paths',
  title: 'committed text holds no paths of a developer’s machine',
  run: ({ workspace }) => checkMachinePaths(workspace, { root: workspace.root, home: homedir(), host: hostname() }),
};

export interface Machine {
  readonly root: string;
  readonly home: string;
  readonly host: string;
}

/** Folders of people and of temporary files, on every system. */
// gate-allow-path: the next line holds the patterns themselves
const generalPaths =
  /(?<![\w.@$}>])(?:\/home\/[a-z]|\/Users\/[A-Za-z]|\/root\/|\/tmp\/|\/var\/folders\/|[A-Za-z]:\\+Users\\)/;

const unchecked = new Set(['pnpm-lock.yaml', 'LICENSE']);

export async function checkMachinePaths(workspace: Workspace, machine: Machine): Promise<readonly Finding[]> {
  const own = ownPaths(machine);
  const findings: Finding[] = [];
  for (const file of await committedFiles(workspace.root)) {
    if (unchecked.has(basename(file))) continue;
    const text = await textOf(file);
    if (text === undefined) continue;
    const lines = text.split('\n');
    for (const [index, line] of lines.entries()) {
      const found = generalPaths.exec(line)?.[0] ?? own.find((part) => part.test(line))?.source;
      if (found === undefined || isAllowed(lines, index)) continue;
      findings.push(
        error(
          `${shownPath(workspace, file)}:${index + 1}`,
          `holds ${found}, a path or name of one machine. Use a relative path, a temporary folder from the system, or a setting.`,
        ),
      );
    }
  }
  return findings;
}

/** A line that needs such a path (a test of this very rule) says so, or the line or two before it does. */
function isAllowed(lines: readonly string[], index: number): boolean {
  return lines.slice(Math.max(0, index - 2), index + 1).some((line) => line.includes('gate-allow-path'));
}

function ownPaths({ root, home, host }: Machine): readonly RegExp[] {
  // The folder above too: it tends to hold a developer's data. A root such as `/app` has nothing above it to name.
  const folders = [root, home, dirname(root)].filter((folder) => folder !== '/' && folder.length > 3);
  const paths = folders.map((folder) => new RegExp(`(?<![\\w.])${escaped(folder)}(?![\\w-])`));
  // Short or common host names would be found in ordinary words.
  return host.length > 8 && host !== 'localhost' ? [...paths, new RegExp(`\\b${escaped(host)}\\b`)] : paths;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
