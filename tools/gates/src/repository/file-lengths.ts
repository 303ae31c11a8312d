import { type Finding, type Gate, warning } from '../gate.ts';
import { shownPath, type Workspace } from '../workspace.ts';
import { committedFiles, textOf } from './committed-files.ts';

/** Past this, a file tends to do a second thing. */
const longLines = 400;

export const fileLengthsGate: Gate = {
  name: 'file-lengths',
  title: `source files of more than ${longLines} lines (warnings)`,
  run: ({ workspace }) => checkFileLengths(workspace, longLines),
};

export async function checkFileLengths(workspace: Workspace, limit: number): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const file of await committedFiles(workspace.root)) {
    if (!/\.(ts|tsx|mts|mjs|js|py)$/.test(file)) continue;
    const lines = ((await textOf(file)) ?? '').split('\n').length;
    if (lines > limit)
      findings.push(warning(shownPath(workspace, file), `${lines} lines; look for the second thing in it.`));
  }
  return findings;
}
